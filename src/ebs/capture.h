// ebs/capture.h - snapshots that are taken of volumes: uploads whose blocks the service puts itself. No
// client may write to them.
#pragma once
#include <optional>

#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/content_ledger.h"
#include "ebs/upload_gates.h"
#include "images/snapshot.h"
#include "instances/volume.h"
#include "keystore/ebs_keys.h"
#include "sql/session.h"

namespace argosy::ebs {

/// What a capture writes through: one region's.
struct CaptureStore {
  sql::Pool& catalogue;
  content::Content& content;
  UploadGates& gates;
  ContentLedger& ledger;
  keystore::EbsKeys const& keys;
  crypto::MasterKeys const& master_keys;
  Clock& clock;
};

/// Whether the volume's base can be what the new snapshot is built on: it is in the account's own domain, and
/// in the form that the snapshot takes. Else everything that the volume holds is put.
Result<bool> builds_on_base(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                            instances::Volume const& volume);

/// The new, pending snapshot of a volume, recorded in the caller's transaction. `root`: the base's, opened.
/// Fails with KMS's codes, ConcurrentSnapshotLimitExceeded, SnapshotLimitExceeded.
Result<images::Snapshot> begin_capture(catalogue::Transaction& tx, access::Caller const& caller, Time now,
                                       Entropy& entropy, keystore::EbsKeys const& keys,
                                       crypto::MasterKeys const& master_keys, instances::Volume const& volume,
                                       ByteView root, std::string description);

/// Survives the death of the process on return. Fails with `not_found` if the snapshot was deleted meanwhile.
Result<void> put_captured(CaptureStore& store, std::string const& snapshot, std::uint64_t index,
                          ByteView block, std::int32_t progress_percent);
/// All `blocks` were put: the snapshot is completed in the background.
Result<void> close_capture(CaptureStore& store, std::string const& snapshot, std::int64_t blocks);
/// It will not be completed.
Result<void> end_capture(CaptureStore& store, std::string const& snapshot, Error const& why);
/// At a start: captures that an earlier process left half done are `error`.
Result<void> end_interrupted_captures(CaptureStore& store);

}  // namespace argosy::ebs
