// replication/copy_record.cpp - see copy_record.h.
#include "replication/copy_record.h"

#include <algorithm>

#include "catalogue/images.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "content/content.h"

namespace argosy::replication {
namespace {

using images::SnapshotState;

Result<void> set_image_state(catalogue::Transaction& tx, catalogue::Copy const& copy,
                             images::ImageState state, std::string const& code, std::string const& reason) {
  if (copy.image_id.empty()) return {};
  auto image = TRY(catalogue::find_image(tx, copy.image_id));
  image.state = state;
  image.state_reason_code = code;
  image.state_reason = reason;
  return catalogue::save_image(tx, image);
}

/// For the snapshots that are not here yet.
Result<void> set_snapshot_state(catalogue::Transaction& tx, catalogue::Copy const& copy, SnapshotState state,
                                std::string const& message) {
  for (auto const& disk : copy.disks) {
    auto snapshot = TRY(catalogue::find_snapshot(tx, disk.snapshot_id));
    bool const same = snapshot.state == state && snapshot.status_message == message;
    if (snapshot.state != SnapshotState::pending || same) continue;
    snapshot.state = state;
    snapshot.status_message = message;
    TRY(catalogue::save_snapshot(tx, snapshot));
  }
  return {};
}

void set_progress(images::Snapshot& snapshot, DiskProgress const& progress) {
  snapshot.copy_bytes_done = static_cast<std::int64_t>(progress.done_bytes);
  snapshot.copy_bytes_moved = static_cast<std::int64_t>(progress.moved_bytes);
  auto const total = std::max<std::int64_t>(snapshot.content_bytes, 1);
  snapshot.progress_percent = std::clamp<std::int64_t>(snapshot.copy_bytes_done * 100 / total, 0, 99);
}

}  // namespace

Result<void> record_progress(catalogue::Transaction& tx, catalogue::CopyDisk const& disk,
                             DiskProgress const& progress) {
  auto snapshot = TRY(catalogue::find_snapshot(tx, disk.snapshot_id));
  set_progress(snapshot, progress);
  return catalogue::save_snapshot(tx, snapshot);
}

Result<void> record_disk(catalogue::Transaction& tx, catalogue::CopyDisk const& disk,
                         DiskProgress const& progress, CopiedDisk const& copied, Bytes envelope, Time now) {
  auto snapshot = TRY(catalogue::find_snapshot(tx, disk.snapshot_id));
  set_progress(snapshot, progress);
  snapshot.state = SnapshotState::completed;
  snapshot.status_message.clear();
  snapshot.progress_percent = 100;
  snapshot.completion_time = now;
  snapshot.root = copied.root;
  snapshot.content_digest = copied.content_digest;
  snapshot.content_bytes = snapshot.copy_bytes_done;
  snapshot.envelope = std::move(envelope);
  TRY(catalogue::insert_ended_upload(tx, snapshot.id));  // its journal is no longer needed
  return catalogue::save_snapshot(tx, snapshot);
}

Result<void> record_waiting(catalogue::Transaction& tx, catalogue::Copy const& copy, std::string const& code,
                            std::string const& reason) {
  TRY(set_snapshot_state(tx, copy, SnapshotState::pending, reason));
  return set_image_state(tx, copy, images::ImageState::pending, code, reason);
}

Result<void> record_success(catalogue::Transaction& tx, catalogue::Copy const& copy) {
  TRY(set_image_state(tx, copy, images::ImageState::available, "", ""));
  return catalogue::remove_copy(tx, copy.id);
}

Result<void> record_failure(catalogue::Transaction& tx, catalogue::Copy const& copy, std::string const& code,
                            std::string const& reason) {
  TRY(set_snapshot_state(tx, copy, SnapshotState::error, reason));
  TRY(set_image_state(tx, copy, images::ImageState::failed, code, reason));
  TRY(catalogue::note_garbage(tx));
  return catalogue::remove_copy(tx, copy.id);
}

}  // namespace argosy::replication
