// machines/program.cpp - see program.h.
#include "machines/program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "machines/process_handle.h"

namespace argosy::machines {
namespace {

constexpr int kCannotRun = 127;           // as shells have it
constexpr int kKilledBySignal = 128;      // and the signal's number, as shells have it
constexpr std::size_t kPipeBytes = 4096;  // what every pipe takes without a reader
/// As <linux/close_range.h> has it; older kernels refuse it, and then O_CLOEXEC of each descriptor has to do.
constexpr unsigned kCloseRangeOnExec = 1U << 2U;

std::string read_complaint(int file) {
  std::string text;
  std::array<char, kPipeBytes> part{};
  while (true) {
    auto got = ::pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? kKilledBySignal + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("cannot make a pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<Descriptor> secret_pipe(std::string const& secret) {
  auto pipe = TRY(make_pipe());
  auto wrote = ::write(pipe.write.number(), secret.data(), std::min(secret.size(), kPipeBytes));
  if (wrote != static_cast<ssize_t>(secret.size())) return system_failure("cannot hand over a secret");
  return std::move(pipe.read);
}

void become(Program const& program, ArgumentVector const& arguments, int failure) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < SIGRTMIN; ++signal) std::signal(signal, SIG_DFL);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, kCloseRangeOnExec);
  for (int descriptor : program.inherited) ::fcntl(descriptor, F_SETFD, 0);
  ::execvp(*arguments.data(), arguments.data());
  int const reason = errno;
  (void)!::write(failure, &reason, sizeof(reason));
  ::_exit(kCannotRun);
}

Result<void> await_start(Program const& program, Descriptor const& failure) {
  int reason = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure.number(), &reason, sizeof(reason));
  } while (got < 0 && errno == EINTR);
  if (got != sizeof(reason)) return {};
  return fail(Fault::unavailable, "cannot run " + program.arguments.front() + ": " + std::strerror(reason) +
                                      " (is the package " + program.package + " installed?)");
}

Result<Ending> run(Program const& program, Duration timeout) {
  auto failure = TRY(make_pipe());
  ArgumentVector const arguments(program.arguments);
  Descriptor complaint(::memfd_create("complaint", MFD_CLOEXEC));
  Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto process = ::fork();
  if (process < 0) return system_failure("cannot start " + program.arguments.front());
  if (process == 0) {
    ::dup2(nothing.number(), STDIN_FILENO);
    ::dup2(nothing.number(), STDOUT_FILENO);
    ::dup2(complaint.number(), STDERR_FILENO);
    become(program, arguments, failure.write.number());
  }
  failure.write = Descriptor();
  Ending ending;
  ending.timed_out = !await_end(open_process(process), timeout);
  if (ending.timed_out) ::kill(process, SIGKILL);
  ending.exit_code = wait_for(process);
  TRY(await_start(program, failure.read));
  ending.complaint = read_complaint(complaint.number());
  return ending;
}

Result<void> run_well(Program const& program, Duration timeout) {
  auto ending = TRY(run(program, timeout));
  auto const& name = program.arguments.front();
  if (ending.timed_out) return fail(Fault::unavailable, name + " does not end: the host is too busy");
  if (ending.exit_code == 0) return {};
  return fail(Fault::unavailable, name + " failed: " + ending.complaint);
}

}  // namespace argosy::machines
