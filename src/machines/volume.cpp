// machines/volume.cpp - see volume.h.
#include "machines/volume.h"

#include <filesystem>

#include "base/log.h"
#include "base/private_file.h"
#include "base/sync_folder.h"
#include "machines/block_nodes.h"
#include "machines/overlay.h"

namespace argosy::machines {

Result<bool> Volume::exists() const { return file_exists(folder_); }

Result<void> Volume::prepare(Disk const& disk) {
  auto const overlay = folder_ + "/" + kOverlayFile;
  bool const there = TRY(file_exists(overlay));
  if (!there) {
    if (disk.was_used) {
      log_error("{} is missing: what machines wrote to {} is not on this host", overlay, disk.volume_id);
      return fail(Fault::invalid, "IncorrectState",
                  "What was written to the volume " + disk.volume_id + " is not on its host any more");
    }
    std::error_code failure;
    std::filesystem::create_directories(folder_, failure);
    if (failure) return fail(Fault::unavailable, folder_ + ": " + failure.message());
    TRY(sync_folder(std::filesystem::path(folder_).parent_path()));
    TRY(create_overlay(overlay, disk.size_bytes, disk.secret));
  }
  return disk.session.empty() ? Result<void>{} : server_.write_session(disk.session);
}

Result<void> Volume::remove() {
  TRY(server_.stop());
  std::error_code failure;
  std::filesystem::remove_all(folder_, failure);
  return failure ? fail(Fault::unavailable, folder_ + ": " + failure.message()) : Result<void>{};
}

}  // namespace argosy::machines
