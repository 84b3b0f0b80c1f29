// machines/disk_server.h - the process that serves a volume's base: nbdkit with a plugin, on a socket in the
// volume's folder.
#pragma once
#include <string>

#include "base/error.h"
#include "machines/detached_process.h"

namespace argosy::machines {

/// One thread at a time.
class DiskServer {
 public:
  static constexpr char const* kSocket = "base.sock";

  DiskServer(std::string folder, std::string plugin)
      : folder_(std::move(folder)), plugin_(std::move(plugin)), process_(folder_, "disk-server") {}

  /// What the server reads its base by: read by its owner alone, replaced as a whole. A volume without a
  /// session has a base of zeros, which nobody serves.
  Result<void> write_session(std::string const& session);

  /// It has its socket on return, if it has a session. If it died, it is started again on the same socket,
  /// where QEMU finds it. The disk servers of one machine share 64 MiB for blocks that were read lately, but
  /// each has at least 8.
  Result<void> ensure_running(std::size_t of_machine);
  Result<void> stop();
  /// Bounds its log.
  void tidy() const;

 private:
  std::string session_path() const { return folder_ + "/session"; }

  std::string folder_;
  std::string plugin_;
  DetachedProcess process_;
};

}  // namespace argosy::machines
