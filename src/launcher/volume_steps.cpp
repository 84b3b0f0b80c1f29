// launcher/volume_steps.cpp - see volume_steps.h.
#include "launcher/volume_steps.h"

#include "base/log.h"
#include "catalogue/volumes.h"
#include "launcher/volume_keys.h"
#include "sql/in_transaction.h"

namespace argosy::launcher {
namespace {

using instances::VolumeState;

constexpr std::size_t kVolumesAtOnce = 100;

/// False if it stays for now.
Result<bool> remove_volume(sql::Pool& catalogue, machines::Driver& driver, std::string const& id) {
  bool const is_read = TRY(sql::in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) {
    return catalogue::is_volume_captured(tx, id);
  }));
  if (is_read) return false;
  auto const removed = driver.remove_volume(id);
  if (!removed && removed.error().fault != Fault::conflict) log_error("{}: {}", id, removed.error().message);
  if (!removed) return false;
  TRY(sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto const kept = TRY(catalogue::find_volume(tx, id));  // as long as it was read
    if (kept) TRY(catalogue::remove_volume(tx, id));
    return catalogue::forget_removed_volume(tx, id);
  }));
  return true;
}

}  // namespace

Result<void> ready_unattached_volumes(sql::Pool& catalogue, keystore::EbsKeys const& keys, Entropy& entropy) {
  auto const ids = TRY(sql::in_transaction(catalogue, sql::Access::read, [](catalogue::Transaction& tx) {
    return catalogue::list_creating_volumes(tx, kVolumesAtOnce);
  }));
  for (auto const& id : ids) {
    auto const ready =
        sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
          auto volume = TRY(catalogue::find_volume(tx, id));
          if (!volume) return {};
          TRY(make_ready(tx, keys, entropy, *volume));
          return catalogue::save_volume(tx, *volume);
        });
    if (ready) continue;
    if (!keystore::is_about_keys(ready.error())) {  // it is tried again with the next step
      log_error("volume {}: {}", id, ready.error().message);
      continue;
    }
    log_warning("volume {} cannot be created: {}", id, ready.error().message);
    TRY(sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
      auto volume = TRY(catalogue::find_volume(tx, id));
      if (!volume) return {};
      volume->state = VolumeState::error;
      return catalogue::save_volume(tx, *volume);
    }));
  }
  return {};
}

Result<bool> remove_volumes(sql::Pool& catalogue, machines::Driver& driver) {
  bool all_gone = true;
  std::size_t gone = 0;
  std::string after;
  while (gone < kVolumesAtOnce) {
    auto const ids = TRY(sql::in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) {
      return catalogue::list_removed_volumes(tx, after, kVolumesAtOnce);
    }));
    if (ids.empty()) return all_gone;
    after = ids.back();
    for (auto const& id : ids) {
      bool const is_gone = TRY(remove_volume(catalogue, driver, id));
      all_gone = all_gone && is_gone;
      if (is_gone) ++gone;
    }
  }
  return false;  // there may be more
}

Result<void> release_volumes(catalogue::Transaction& tx, instances::Instance const& instance) {
  auto const volumes = TRY(catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name));
  for (auto volume : volumes) {
    if (volume.delete_on_termination || volume.state == VolumeState::creating) {
      TRY(catalogue::remove_volume(tx, volume.id));
      continue;
    }
    volume.state = VolumeState::available;
    volume.instance_id.clear();
    volume.device_name.clear();
    volume.delete_on_termination = false;
    volume.attached.reset();
    volume.session.clear();
    TRY(catalogue::save_volume(tx, volume));
  }
  return {};
}

}  // namespace argosy::launcher
