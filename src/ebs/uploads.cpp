// ebs/uploads.cpp - see uploads.h.
#include "ebs/uploads.h"

#include "catalogue/domains.h"
#include "catalogue/snapshots.h"
#include "ebs/errors.h"
#include "ebs/upload_ends.h"
#include "sql/in_transaction.h"

namespace argosy::ebs {

using images::Snapshot;
using images::SnapshotState;

Result<Upload> to_upload(sql::Transaction& tx, keystore::EbsKeys const& keys,
                         crypto::MasterKeys const& master_keys, access::Caller const& caller,
                         Snapshot snapshot) {
  auto const secret = TRY(catalogue::find_domain_secret(tx, master_keys, snapshot.owner));
  content::Domain domain{catalogue::domain_number(snapshot.owner), secret};
  content::Upload journal{snapshot.id};
  if (snapshot.encrypted && snapshot.state == SnapshotState::pending) {
    auto const key = TRY(keys.unwrap(tx, caller, snapshot.envelope));
    journal.key = TRY(crypto::Key::copy_of(key));
    auto const sealing = TRY(keys.sealing_key(tx, snapshot.kms_key));
    if (sealing) domain = content::domain_of_key(domain, *sealing);
  }
  return Upload{std::move(snapshot), std::move(domain), std::move(journal)};
}

Result<Upload> open_upload(sql::Pool& catalogue, UploadGates& gates, keystore::EbsKeys const& keys,
                           crypto::MasterKeys const& master_keys, access::Caller const& caller,
                           std::string const& id, Time now) {
  if (!images::has_id_form(id, "snap-")) return invalid("INVALID_SNAPSHOT_ID", "Invalid id: \"" + id + "\"");
  auto upload = TRY(
      sql::in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<Upload> {
        auto found = catalogue::find_snapshot(tx, id);
        if (!found && found.error().fault != Fault::not_found)
          return std::unexpected(std::move(found).error());
        if (!found || found->owner != caller.account) return snapshot_not_found(id);
        if (!found->is_upload || found->volume_id != images::kNoVolume)
          return invalid("INVALID_SNAPSHOT_ID", "The snapshot " + id + " was not started by StartSnapshot");
        return with_key_errors(to_upload(tx, keys, master_keys, caller, *std::move(found)));
      }));
  auto const& snapshot = upload.snapshot;
  if (snapshot.state == SnapshotState::pending && !snapshot.completing && has_timed_out(snapshot, now)) {
    TRY(time_out(catalogue, snapshot.id, now));
    return invalid("WRITE_REQUEST_TIMEOUT", "The upload " + id + " has timed out");
  }
  if (has_lost_blocks(snapshot, gates.boot())) {
    TRY(end_lost(catalogue, snapshot));
    return invalid("WRITE_REQUEST_TIMEOUT",
                   "The upload " + id + " has lost blocks: the server's machine lost its power");
  }
  if (snapshot.state == SnapshotState::error)
    return invalid("WRITE_REQUEST_TIMEOUT", "The upload " + id + " has failed: " + snapshot.status_message);
  return upload;
}

Result<void> record_write(sql::Pool& catalogue, UploadGates& gates, Snapshot const& snapshot, Time now,
                          std::optional<std::int32_t> progress, std::int64_t uploaded_bytes) {
  bool const moved = progress && *progress > snapshot.progress_percent;
  bool const said = snapshot.unsynced_boot == gates.boot();
  if (now < snapshot.last_write + kWriteResolution && !moved && said) return {};
  return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto current = catalogue::find_snapshot(tx, snapshot.id);
    if (!current || current->state != SnapshotState::pending) return {};
    current->last_write = std::max(current->last_write, now);
    current->unsynced_boot = gates.boot();
    current->content_bytes = std::max(current->content_bytes, uploaded_bytes);
    if (progress) current->progress_percent = std::max<std::int64_t>(current->progress_percent, *progress);
    return catalogue::save_snapshot(tx, *current);
  });
}

Result<void> close_upload(sql::Pool& catalogue, std::string const& id, std::int64_t expected_blocks,
                          ByteView expected_checksum) {
  return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto snapshot = catalogue::find_snapshot(tx, id);
    if (!snapshot) return snapshot_not_found(id);
    if (snapshot->state != SnapshotState::pending)
      return invalid("WRITE_REQUEST_TIMEOUT",
                     "The upload " + id + " has failed: " + snapshot->status_message);
    snapshot->completing = true;
    snapshot->unsynced_boot.clear();
    snapshot->expected_blocks = expected_blocks;
    snapshot->expected_checksum = to_bytes(expected_checksum);
    return catalogue::save_snapshot(tx, *snapshot);
  });
}

Result<void> check_summary(content::UploadSummary const& summary, std::int64_t expected_blocks,
                           ByteView expected_checksum) {
  if (static_cast<std::int64_t>(summary.blocks) != expected_blocks)
    return invalid_parameter("x-amz-ChangedBlocksCount is " + std::to_string(expected_blocks) + ", but " +
                             std::to_string(summary.blocks) + " blocks were put");
  if (!expected_checksum.empty() && summary.linear != digest::Digest::copy_of(expected_checksum))
    return invalid_parameter(
        "x-amz-Checksum does not match the blocks that were put: their LINEAR aggregate is " +
        to_base64(summary.linear.bytes));
  return {};
}

}  // namespace argosy::ebs
