// machines/volume.h - a volume's folder on this host: overlay, session, disk server.
#pragma once
#include <string>

#include "base/error.h"
#include "machines/disk_server.h"
#include "machines/driver.h"

namespace argosy::machines {

/// One thread at a time, but for renewing a session.
class Volume {
 public:
  /// `directory` is the driver's.
  Volume(std::string const& directory, std::string const& id, std::string const& plugin)
      : folder_(directory + "/volumes/" + id), server_(folder_, plugin) {}

  std::string const& folder() const { return folder_; }
  Result<bool> exists() const;
  DiskServer& server() { return server_; }

  /// Its overlay is there, and its session, with which its base can be served. Fails with IncorrectState
  /// where the overlay of one that was used is missing.
  Result<void> prepare(Disk const& disk);
  /// Nothing of it is left, and nothing serves it.
  Result<void> remove();

 private:
  std::string folder_;
  DiskServer server_;
};

}  // namespace argosy::machines
