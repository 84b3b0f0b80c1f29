// ebs/capture.cpp - see capture.h.
#include "ebs/capture.h"

#include <mutex>
#include <shared_mutex>

#include "catalogue/domains.h"
#include "catalogue/snapshots.h"
#include "digest/sha256.h"
#include "ebs/upload_ends.h"
#include "ebs/uploads.h"
#include "images/errors.h"
#include "sql/in_transaction.h"

namespace argosy::ebs {
namespace {

Result<void> check_limits(catalogue::Transaction& tx, access::Caller const& caller) {
  auto const& limits = caller.limits;
  auto const uploads = TRY(catalogue::count_uploads(tx, caller.account));
  if (uploads >= limits.pending_uploads)
    return fail(Fault::limit, "ConcurrentSnapshotLimitExceeded",
                access::limit_message("pending uploads in this region", limits.pending_uploads,
                                      "pending_uploads", "Wait until some are completed"));
  auto const have = TRY(catalogue::count_snapshots(tx, caller.account));
  if (have >= limits.snapshots)
    return fail(Fault::limit, "SnapshotLimitExceeded",
                access::limit_message("snapshots in this region", limits.snapshots, "snapshots",
                                      "Delete snapshots that are not needed"));
  return {};
}

/// The upload of a capture that still takes blocks, opened in its owner's name.
Result<Upload> open_captured(CaptureStore& store, std::string const& id) {
  return sql::in_transaction(
      store.catalogue, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<Upload> {
        auto snapshot = TRY(catalogue::find_snapshot(tx, id));
        if (snapshot.state != images::SnapshotState::pending || snapshot.completing)
          return fail(Fault::not_found, "the capture " + id + " has ended");
        auto const owner = TRY(store.keys.root_of(snapshot.owner));
        return to_upload(tx, store.keys, store.master_keys, owner, std::move(snapshot));
      });
}

}  // namespace

Result<bool> builds_on_base(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                            instances::Volume const& volume) {
  if (volume.base.account != volume.account || volume.base.encrypted != volume.encrypted) return false;
  if (!volume.encrypted) return true;
  auto const sealing = TRY(keys.sealing_key(tx, volume.kms_key));
  return !sealing;
}

Result<images::Snapshot> begin_capture(catalogue::Transaction& tx, access::Caller const& caller, Time now,
                                       Entropy& entropy, keystore::EbsKeys const& keys,
                                       crypto::MasterKeys const& master_keys, instances::Volume const& volume,
                                       ByteView root, std::string description) {
  TRY(check_limits(tx, caller));
  images::Snapshot out;
  out.id = make_resource_id(entropy, "snap-");
  out.owner = caller.account;
  out.description = std::move(description);
  out.volume_id = volume.id;
  out.volume_size_gib = volume.size_gib;
  out.start_time = out.last_write = now;
  out.is_upload = true;
  out.lineage = out.id;
  out.encrypted = volume.encrypted;
  if (volume.encrypted) {
    out.kms_key = volume.kms_key;
    auto const journal_key = crypto::Key::random(entropy);
    out.envelope = TRY(keys.wrap(tx, caller, volume.kms_key, volume.id, journal_key.bytes()));
  }
  auto const builds = TRY(builds_on_base(tx, keys, volume));
  if (builds && !volume.base.root.empty()) {
    out.parent_snapshot_id = volume.base.snapshot_id;
    out.lineage = volume.base.lineage;
    out.root = volume.base.root;
    out.base_size_gib = volume.base.size_gib;
    if (volume.encrypted) out.base_envelope = TRY(keys.wrap(tx, caller, volume.kms_key, volume.id, root));
  }
  TRY(catalogue::ensure_domain(tx, master_keys, caller.account, entropy));
  TRY(catalogue::insert_snapshot(tx, out));
  return out;
}

Result<void> put_captured(CaptureStore& store, std::string const& snapshot, std::uint64_t index,
                          ByteView block, std::int32_t progress_percent) {
  auto const gate = store.gates.of(snapshot);
  std::shared_lock const lock(*gate);
  auto const upload = TRY(open_captured(store, snapshot));
  auto const now = store.clock.now();
  auto const owner = TRY(store.keys.root_of(upload.snapshot.owner));
  TRY(store.ledger.charge_block(store.catalogue, owner, upload.snapshot, now));
  TRY(store.content.put_block(upload.domain, upload.journal, index, block, digest::sha256(block)));
  return record_write(store.catalogue, store.gates, upload.snapshot, now, progress_percent,
                      store.ledger.uploaded_bytes(owner.account, snapshot));
}

Result<void> close_capture(CaptureStore& store, std::string const& id, std::int64_t blocks) {
  auto const gate = store.gates.of(id);
  std::unique_lock const lock(*gate);
  auto const upload = TRY(open_captured(store, id));
  auto const summary =
      TRY(store.content.summarize(upload.journal));  // which flushes: all that was put is durable
  TRY(check_summary(summary, blocks, {}));
  return close_upload(store.catalogue, id, blocks, {});
}

Result<void> end_capture(CaptureStore& store, std::string const& snapshot, Error const& why) {
  return sql::in_transaction(store.catalogue, sql::Access::write,
                             [&](catalogue::Transaction& tx) { return end_with_error(tx, snapshot, why); });
}

Result<void> end_interrupted_captures(CaptureStore& store) {
  std::string after;
  while (true) {
    auto const ids =
        TRY(sql::in_transaction(store.catalogue, sql::Access::read, [&](catalogue::Transaction& tx) {
          return catalogue::list_uploads(tx, false, after, 100);
        }));
    if (ids.empty()) return {};
    after = ids.back();
    for (auto const& id : ids)
      TRY(sql::in_transaction(
          store.catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
            auto const snapshot = catalogue::find_snapshot(tx, id);
            if (!snapshot || snapshot->volume_id == images::kNoVolume) return {};
            return end_with_error(
                tx, id,
                {Fault::unavailable, "", "The service was stopped before the volume was read to its end"});
          }));
  }
}

}  // namespace argosy::ebs
