// machines/detached_process.cpp - see detached_process.h.
#include "machines/detached_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "base/boot.h"
#include "base/private_file.h"
#include "machines/process_handle.h"

namespace argosy::machines {
namespace {

/// How long the kernel may take to end a process that was killed: it may be waiting for a disk.
constexpr Duration kKillTimeout{30'000};
/// A line of /proc/PID/stat has about 300 bytes.
constexpr std::size_t kStatBytes = 1024;
constexpr mode_t kPrivate = 0600;
constexpr useconds_t kOrphanPollMicroseconds = 100;

/// What tells a process from every other of this boot.
struct Identity {
  pid_t process = 0;
  std::string start_time;  ///< in ticks since boot
  bool is_dead = false;    ///< it ended, and its parent has not heard of it
};

/// Source: proc(5). The second field is the program's name in parentheses, which may hold anything.
std::optional<Identity> parse_stat(std::string const& line) {
  constexpr int kStateField = 3;
  constexpr int kStartTimeField = 22;
  Identity identity;
  if (std::from_chars(line.data(), line.data() + line.size(), identity.process).ec != std::errc{})
    return std::nullopt;
  auto name_end = line.rfind(')');
  if (name_end == line.npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int number = kStateField; fields >> field && number <= kStartTimeField; ++number) {
    if (number == kStateField) identity.is_dead = field == "Z" || field == "X";
    if (number == kStartTimeField) identity.start_time = field;
  }
  if (identity.start_time.empty()) return std::nullopt;
  return identity;
}

/// In the new process: only calls that are safe between fork and exec.
bool write_record(char const* draft, char const* path, std::string const& boot) {
  std::array<char, kStatBytes> line{};
  int stat = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  auto length = stat < 0 ? -1 : ::read(stat, line.data(), line.size());
  int record = ::open(draft, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, kPrivate);
  if (length <= 0 || record < 0) return false;
  return ::write(record, boot.data(), boot.size()) == static_cast<ssize_t>(boot.size()) &&
         ::write(record, line.data(), static_cast<std::size_t>(length)) == length &&
         ::rename(draft, path) == 0;
}

}  // namespace

Result<void> DetachedProcess::start(Program const& program) {
  auto failure = TRY(make_pipe());
  ArgumentVector const arguments(program.arguments);
  auto const boot = TRY(read_boot_id()) + "\n";
  auto const record = record_path();
  auto const draft = record + ".new";
  Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing.is_open()) return system_failure("/dev/null");
  Descriptor log(::open(log_path().c_str(), O_CREAT | O_TRUNC | O_APPEND | O_WRONLY | O_CLOEXEC, kPrivate));
  if (!log.is_open()) return system_failure(log_path());
  auto middle = ::fork();
  if (middle < 0) return system_failure("cannot start " + program.arguments.front());
  if (middle == 0) {
    auto const parent = ::getpid();
    ::setsid();
    if (::fork() != 0) ::_exit(0);  // so that it has no parent that must wait for it
    // Nor one that is just ending: nbdkit asks the kernel to end it with its parent.
    while (::getppid() == parent) ::usleep(kOrphanPollMicroseconds);
    ::dup2(nothing.number(), STDIN_FILENO);
    ::dup2(nothing.number(), STDOUT_FILENO);
    ::dup2(log.number(), STDERR_FILENO);
    if (::chdir(folder_.c_str()) != 0 || !write_record(draft.c_str(), record.c_str(), boot)) {
      int const reason = errno;
      (void)!::write(failure.write.number(), &reason, sizeof(reason));
      ::_exit(1);
    }
    become(program, arguments, failure.write.number());
  }
  failure.write = Descriptor();
  while (::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
  }
  auto started = await_start(program, failure.read);
  if (!started) std::filesystem::remove(record);
  return started;
}

Result<bool> DetachedProcess::is_recorded() const { return file_exists(record_path()); }

Result<Descriptor> DetachedProcess::find() const {
  auto const record = read_file(record_path());
  if (!record && record.error().fault == Fault::not_found) return Descriptor();
  if (!record) return std::unexpected(record.error());
  auto const boot = TRY(read_boot_id()) + "\n";
  auto const recorded = record->starts_with(boot) ? parse_stat(record->substr(boot.size())) : std::nullopt;
  if (!recorded) return Descriptor();
  // The handle first: what is found alive after that is what the handle stands for.
  auto handle = open_process(recorded->process);
  if (!handle.is_open() && errno == ESRCH) return handle;
  if (!handle.is_open()) return system_failure(folder_ + ": " + name_);
  auto const line = read_file("/proc/" + std::to_string(recorded->process) + "/stat");
  // Where /proc hides other users' processes (hidepid) the id may have become one of theirs.
  bool const is_known = line || is_foreign(handle) || await_end(handle, Duration::zero());
  if (!is_known) return std::unexpected(line.error());
  auto const found = line ? parse_stat(*line) : std::nullopt;
  if (!found || found->is_dead || found->start_time != recorded->start_time) return Descriptor();
  return handle;
}

Result<bool> DetachedProcess::is_running() const {
  auto const handle = TRY(find());
  return handle.is_open();
}

Result<bool> DetachedProcess::ends_within(Duration timeout) const {
  auto const handle = TRY(find());
  return !handle.is_open() || await_end(handle, timeout);
}

Result<void> DetachedProcess::strike() {
  auto const handle = TRY(find());
  if (!handle.is_open()) return {};
  send_signal(handle, SIGKILL);
  if (await_end(handle, kKillTimeout)) return {};
  return fail(Fault::unavailable, folder_ + ": " + name_ + " does not end although it was killed");
}

Result<void> DetachedProcess::end(Duration grace) {
  auto const handle = TRY(find());
  if (handle.is_open() && grace > Duration::zero()) {
    send_signal(handle, SIGTERM);
    await_end(handle, grace);
  }
  TRY(strike());
  std::error_code ignored;
  std::filesystem::remove(record_path(), ignored);
  return {};
}

std::string DetachedProcess::last_words() const {
  auto log = read_file(log_path());
  if (!log) return {};
  while (log->ends_with('\n')) log->pop_back();
  return log->substr(log->rfind('\n') + 1);
}

std::string DetachedProcess::obituary() const {
  auto const record = read_file(record_path());
  auto const boot = read_boot_id();
  if (record && boot && !record->starts_with(*boot + "\n")) return "the host was restarted";
  auto words = last_words();
  if (words.empty()) return "its process was killed";
  return "its process ended: " + words;
}

}  // namespace argosy::machines
