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

namespace argosy::cli {
namespace {

constexpr int kNotFound = 127;  // as shells have it

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(std::vector<char*>& arguments, int standard_output, int standard_error) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);                     // Ctrl-C is ours to handle
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

/// In memory; a file, so that much of it cannot block the program.
File make_error_file() { return File(memfd_create("errors", MFD_CLOEXEC)); }

/// Without the newline at the end.
std::string read_from_start(File const& file) {
  lseek(file.descriptor(), 0, SEEK_SET);
  auto text = read_all(file);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::optional<int> wait_for_end(pid_t id) {
  int status = 0;
  while (waitpid(id, &status, 0) < 0)
    if (errno != EINTR) return std::nullopt;
  return status;
}

Outcome<std::string> run_process(std::vector<std::string> const& arguments) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0)
    return std::unexpected(system_failure(arguments[0], "cannot make a pipe"));
  File output(pipe_ends[0]);
  pid_t id = 0;
  auto errors = make_error_file();
  {
    File input(pipe_ends[1]);
    id = spawn(arguments, input.descriptor(), errors.descriptor());
  }
  if (id < 0) return std::unexpected(system_failure(arguments[0], "cannot start"));
  auto said = read_all(output);
  auto const status = wait_for_end(id);
  bool const exited = status && WIFEXITED(*status);
  if (exited && WEXITSTATUS(*status) == kNotFound) return std::unexpected(not_started(arguments[0]));
  if (exited && WEXITSTATUS(*status) == 0) return said;
  auto complaint = read_from_start(errors);
  return stop(Exit::failed, complaint.empty() ? arguments[0] + " failed" : complaint);
}

Outcome<Process> Process::start(std::vector<std::string> const& arguments, Errors where) {
  auto errors = make_error_file();
  auto id = spawn(arguments, -1, where == Errors::kept ? errors.descriptor() : -1);
  if (id < 0) return std::unexpected(system_failure(arguments[0], "cannot start"));
  return Process(id, std::move(errors));
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, 0)), errors_(std::move(other.errors_)) {}

Process::~Process() {
  if (id_ == 0) return;
  kill(id_, SIGTERM);
  wait_for_end(id_);
}

std::string Process::complaint() const { return read_from_start(errors_); }

bool Process::is_running() {
  if (id_ != 0 && waitpid(id_, nullptr, WNOHANG) != 0) id_ = 0;
  return id_ != 0;
}

}  // namespace argosy::cli
