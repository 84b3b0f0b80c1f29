// cli/process.cpp - see process.h.
#include "cli/process.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "cli/file.h"

namespace argosy::cli {
namespace {

constexpr int kNotFound = 127;  // as shells have it

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(std::vector<char*>& arguments, int standard_output, int standard_error) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);  // Ctrl-C is ours to handle
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // when the thread that starts it ends: the main one
  if (standard_output >= 0) dup2(standard_output, STDOUT_FILENO);
  if (standard_error >= 0) dup2(standard_error, STDERR_FILENO);
  execvp(arguments[0], arguments.data());
  _exit(kNotFound);
}

pid_t spawn(std::vector<std::string> const& arguments, int standard_output, int standard_error) {
  std::vector<char*> pointers;
  for (auto const& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  auto id = fork();
  if (id == 0) become(pointers, standard_output, standard_error);
  return id;
}

Failure not_started(std::string const& program) {
  return Failure(Exit::failed, "cannot run " + program + ": is the package qemu-utils installed?");
}

std::string read_all(File const& file) {
  std::string out;
  std::array<char, 4096> part{};
  while (true) {
    auto got = read(file.descriptor(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out;
    out.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Outcome<std::string> run_process(std::vector<std::string> const& arguments) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return std::unexpected(system_failure(arguments[0], "cannot make a pipe"));
  File output(pipe_ends[0]);
  pid_t id = 0;
  File errors(memfd_create("errors", MFD_CLOEXEC));  // a file, so that much of it cannot block the program
  {
    File input(pipe_ends[1]);
    id = spawn(arguments, input.descriptor(), errors.descriptor());
  }
  if (id < 0) return std::unexpected(system_failure(arguments[0], "cannot start"));
  auto said = read_all(output);
  int status = 0;
  while (waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) return std::unexpected(not_started(arguments[0]));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return said;
  lseek(errors.descriptor(), 0, SEEK_SET);
  auto complaint = read_all(errors);
  while (complaint.ends_with('\n')) complaint.pop_back();
  return stop(Exit::failed, complaint.empty() ? arguments[0] + " failed" : complaint);
}

Outcome<Process> Process::start(std::vector<std::string> const& arguments) {
  auto id = spawn(arguments, -1, -1);
  if (id < 0) return std::unexpected(system_failure(arguments[0], "cannot start"));
  return Process(id);
}

Process::Process(Process&& other) noexcept : id_(std::exchange(other.id_, 0)) {}

Process::~Process() {
  if (id_ == 0) return;
  kill(id_, SIGTERM);
  while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Process::is_running() {
  if (id_ != 0 && waitpid(id_, nullptr, WNOHANG) == id_) id_ = 0;
  return id_ != 0;
}

}  // namespace argosy::cli
