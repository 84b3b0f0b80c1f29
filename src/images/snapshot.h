// images/snapshot.h - what a snapshot is.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace argosy::images {

enum class SnapshotState { pending, completed, error };
std::string_view to_text(SnapshotState state);
SnapshotState snapshot_state_of(std::string_view text);

/// What EC2 shows as the volume of a snapshot that was taken of none.
inline constexpr std::string_view kNoVolume = "vol-ffffffff";

struct Snapshot {
  std::string id;
  std::string owner;
  SnapshotState state = SnapshotState::pending;
  std::string status_message;
  std::string description;
  std::string volume_id{kNoVolume};
  std::int64_t volume_size_gib = 1;
  Time start_time{};
  std::optional<Time> completion_time;
  std::int64_t progress_percent = 0;

  Bytes root;  ///< the content layer's reference to the root; empty: a disk of zeros, or not complete
  Bytes content_digest;            ///< 32 bytes once completed
  std::int64_t content_bytes = 0;  ///< of written blocks; for a pending copy what the source has
  std::string lineage;             ///< id of the oldest ancestor: snapshots of one lineage can be compared

  bool encrypted = false;
  std::string kms_key;  ///< ARN; of a copy that has just been asked for, whatever the caller named it by
  /// What only the KMS key opens: of a completed snapshot its root's key and digest, of an upload under way
  /// the key that seals its journal. Empty: nothing yet.
  Bytes envelope;

  // Uploads (StartSnapshot):
  bool is_upload = false;
  std::string parent_snapshot_id;
  std::int64_t base_size_gib = 1;  ///< the parent's, whose root stands in `root` until the upload is complete
  Bytes base_envelope;             ///< the parent's, if it is encrypted
  std::int64_t timeout_minutes = 0;
  Time last_write{};  ///< to the minute: writing it down with every block would cost a commit each
  std::string
      unsynced_boot;  ///< the boot id under which blocks were put that may not be synced yet; empty: all are
  bool completing = false;  ///< CompleteSnapshot was accepted: nothing more may be put
  std::int64_t expected_blocks =
      0;                    ///< what the caller said then; compared again before the snapshot is completed
  Bytes expected_checksum;  ///< the LINEAR aggregate, or empty

  // Copies:
  std::string copy_source_region;
  std::string copy_source_snapshot_id;
  std::int64_t copy_bytes_done = 0;
  std::int64_t copy_bytes_moved = 0;
  std::optional<std::int64_t> completion_duration_minutes;
};

/// What the encryption context of its KMS key names: the volume that it was taken of, else itself. Source:
/// ec2-semantics F5.
inline std::string const& context_id(Snapshot const& snapshot) {
  return snapshot.volume_id == kNoVolume ? snapshot.id : snapshot.volume_id;
}

}  // namespace argosy::images
