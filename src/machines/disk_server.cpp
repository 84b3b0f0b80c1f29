// machines/disk_server.cpp - see disk_server.h.
#include "machines/disk_server.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "base/private_file.h"
#include "machines/console.h"

namespace argosy::machines {
namespace {

/// Until it has its socket: its plugin may ask a region first.
constexpr auto kStartTimeout = std::chrono::seconds(20);
constexpr auto kStartPoll = std::chrono::milliseconds(5);
constexpr std::size_t kCacheMib = 64;
constexpr std::size_t kLeastCacheMib = 8;
/// It has nothing to save.
constexpr Duration kStopGrace{1'000};

}  // namespace

Result<void> DiskServer::write_session(std::string const& session) {
  return write_private_file(session_path(), session, Existing::replace);
}

Result<void> DiskServer::ensure_running(std::size_t of_machine) {
  bool const wanted = TRY(file_exists(session_path()));
  if (!wanted) return {};
  bool const runs = TRY(process_.is_running());
  if (runs) return {};
  bool const died = TRY(process_.is_recorded());
  if (died) log_warning("{}: the disk server is started again: {}", folder_, process_.obituary());
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/" + kSocket, ignored);
  // nbdkit makes a path absolute, and a socket's may then be too long: it gets the folder as a descriptor.
  Descriptor folder(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return system_failure(folder_);
  auto const socket = "/proc/self/fd/" + std::to_string(folder.number()) + "/" + kSocket;
  auto const cache_mib = std::max(kLeastCacheMib, kCacheMib / std::max<std::size_t>(1, of_machine));
  TRY(process_.start({{"nbdkit", "--foreground", "--readonly", "--unix", socket, plugin_,
                       "session=" + session_path(), "cache=" + std::to_string(cache_mib) + "M"},
                      "nbdkit",
                      {folder.number()}}));
  auto const give_up = std::chrono::steady_clock::now() + kStartTimeout;
  while (!file_exists(folder_ + "/" + kSocket).value_or(false)) {
    if (!process_.is_running().value_or(true))
      return fail(Fault::unavailable, folder_ + ": nbdkit: " + process_.last_words());
    if (std::chrono::steady_clock::now() > give_up)
      return fail(Fault::unavailable, folder_ + ": nbdkit does not answer");
    std::this_thread::sleep_for(kStartPoll);
  }
  return {};
}

Result<void> DiskServer::stop() { return process_.end(kStopGrace); }

void DiskServer::tidy() const { bound_file(process_.log_path()); }

}  // namespace argosy::machines
