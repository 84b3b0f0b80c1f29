// ebs/upload_ends.cpp - see upload_ends.h.
#include "ebs/upload_ends.h"

#include "base/log.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "ebs/waiting_images.h"
#include "keystore/ebs_keys.h"
#include "sql/in_transaction.h"

namespace argosy::ebs {

using images::Snapshot;
using images::SnapshotState;

bool has_timed_out(Snapshot const& snapshot, Time now) {
  if (snapshot.volume_id != images::kNoVolume) return false;
  return now > snapshot.last_write + std::chrono::minutes(snapshot.timeout_minutes) + kWriteResolution;
}

bool has_lost_blocks(Snapshot const& snapshot, std::string const& boot) {
  return snapshot.state == SnapshotState::pending && !snapshot.unsynced_boot.empty() &&
         snapshot.unsynced_boot != boot;
}

Result<void> end_with_error(catalogue::Transaction& tx, std::string const& id, Error const& why) {
  auto snapshot = catalogue::find_snapshot(tx, id);
  if (!snapshot && snapshot.error().fault != Fault::not_found)
    return std::unexpected(std::move(snapshot).error());
  if (!snapshot || snapshot->state != SnapshotState::pending) return {};
  snapshot->state = SnapshotState::error;
  bool const by_key = keystore::is_about_keys(why);
  snapshot->status_message = by_key ? keystore::inaccessible_key(why) : why.message;
  snapshot->completing = false;
  TRY(catalogue::save_snapshot(tx, *snapshot));
  TRY(fail_waiting_images(tx, *snapshot, by_key ? keystore::kInaccessibleKeyCode : "Server.InternalError"));
  TRY(catalogue::note_garbage(tx));
  return catalogue::insert_ended_upload(tx, id);
}

Result<void> time_out(sql::Pool& catalogue, std::string const& id, Time now) {
  return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto const snapshot = catalogue::find_snapshot(tx, id);
    if (!snapshot || snapshot->completing || !has_timed_out(*snapshot, now)) return {};
    log_info("upload {} of {} timed out after {} minutes without a write", id, snapshot->owner,
             snapshot->timeout_minutes);
    return end_with_error(
        tx, id,
        {Fault::conflict, "",
         "No block was written for " + std::to_string(snapshot->timeout_minutes) + " minutes"});
  });
}

Result<void> end_lost(sql::Pool& catalogue, Snapshot const& snapshot) {
  log_warning("upload {} of {} ends: the machine lost its power before all of its blocks were durable",
              snapshot.id, snapshot.owner);
  return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
    return end_with_error(
        tx, snapshot.id,
        {Fault::corrupt, "", "The server's machine lost its power before all blocks were durable"});
  });
}

}  // namespace argosy::ebs
