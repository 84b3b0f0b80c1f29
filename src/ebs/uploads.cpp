// ebs/uploads.cpp - see uploads.h.
#include "ebs/uploads.h"

#include <functional>

#include "base/log.h"
#include "catalogue/domains.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "ebs/errors.h"

namespace argosy::ebs {
namespace {

using images::Snapshot;
using images::SnapshotState;

/// Times of last writes are written down at most so often, so a timeout is late by at most this.
constexpr auto kWriteResolution = std::chrono::minutes(1);
/// An upload to which nothing was put for so long is made durable.
constexpr auto kRestsAfter = std::chrono::minutes(1);
/// How often accepted uploads are looked for when nobody says that there are any.
constexpr auto kCompletionInterval = std::chrono::seconds(1);
constexpr auto kOpenUploadsInterval = std::chrono::seconds(30);

bool has_timed_out(Snapshot const& snapshot, Time now) {
  return now > snapshot.last_write + std::chrono::minutes(snapshot.timeout_minutes) + kWriteResolution;
}

/// The machine's power went since blocks were put that were not synced: some may be gone, and nobody can say
/// which.
bool has_lost_blocks(Snapshot const& snapshot, std::string const& boot) {
  return snapshot.state == SnapshotState::pending && !snapshot.unsynced_boot.empty() &&
         snapshot.unsynced_boot != boot;
}

template <class Function>
auto in_transaction(sql::Pool& catalogue, sql::Access access, Function function)
    -> decltype(function(std::declval<catalogue::Transaction&>())) {
  auto session = TRY(catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, access));
  auto result = function(tx);
  if (result && access == sql::Access::write) TRY(tx.commit());
  return result;
}

/// Ends an upload that nothing more will come for. Another step may have done so before.
Result<void> end_with_error(catalogue::Transaction& tx, std::string const& id, std::string const& message) {
  auto snapshot = catalogue::find_snapshot(tx, id);
  if (!snapshot || snapshot->state != SnapshotState::pending) return {};
  snapshot->state = SnapshotState::error;
  snapshot->status_message = message;
  snapshot->completing = false;
  TRY(catalogue::save_snapshot(tx, *snapshot));
  TRY(catalogue::note_garbage(tx));
  return catalogue::insert_ended_upload(tx, id);
}

Result<void> time_out(sql::Pool& catalogue, Snapshot const& snapshot) {
  log_info("upload {} of {} timed out after {} minutes without a write", snapshot.id, snapshot.owner,
           snapshot.timeout_minutes);
  return in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
    return end_with_error(
        tx, snapshot.id, "No block was written for " + std::to_string(snapshot.timeout_minutes) + " minutes");
  });
}

Result<void> end_lost(sql::Pool& catalogue, Snapshot const& snapshot) {
  log_warning("upload {} of {} ends: the machine lost its power before all of its blocks were durable",
              snapshot.id, snapshot.owner);
  return in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
    return end_with_error(tx, snapshot.id,
                          "The server's machine lost its power before all blocks were durable");
  });
}

/// Syncs all that was put to the upload; no put is under way meanwhile.
Result<void> settle(sql::Pool& catalogue, content::Content& content, UploadGates& gates,
                    std::string const& id) {
  auto gate = gates.of(id);
  std::unique_lock lock(*gate);
  TRY(content.store().flush());
  return in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto snapshot = catalogue::find_snapshot(tx, id);
    if (!snapshot || snapshot->state != SnapshotState::pending) return {};
    snapshot->unsynced_boot.clear();
    return catalogue::save_snapshot(tx, *snapshot);
  });
}

Result<void> save_completed(catalogue::Transaction& tx, std::string const& id,
                            content::FinishedDisk const& disk, Time now) {
  auto found = catalogue::find_snapshot(tx, id);
  if (!found) return {};  // deleted meanwhile
  auto snapshot = *std::move(found);
  snapshot.state = SnapshotState::completed;
  snapshot.completing = false;
  snapshot.completion_time = now;
  snapshot.progress_percent = 100;
  snapshot.root = content::encode_reference(disk.root);
  snapshot.content_digest = to_bytes(disk.digest.bytes);
  snapshot.content_bytes = static_cast<std::int64_t>(disk.blocks) * content::kBlockBytes;
  TRY(catalogue::save_snapshot(tx, snapshot));
  return catalogue::insert_ended_upload(tx, id);
}

/// Compares the journal with what the caller said once more: a start after a loss of power may have lost
/// blocks.
Result<content::FinishedDisk> build(content::Content& content, Upload const& upload) {
  auto const& snapshot = upload.snapshot;
  auto summary = TRY(content.summarize(snapshot.id));
  TRY(check_summary(summary, snapshot.expected_blocks, snapshot.expected_checksum));
  auto parent = TRY(content::decode_reference(snapshot.root));
  return content.finish(upload.domain, snapshot.id, snapshot.volume_size_gib, parent, snapshot.base_size_gib);
}

Result<void> complete(sql::Pool& catalogue, content::Content& content, crypto::Key const& root_key,
                      std::string const& id, Time now) {
  auto pin = content.store().pin();  // until the catalogue names what is built
  auto upload =
      TRY(in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<Upload> {
        auto snapshot = TRY(catalogue::find_snapshot(tx, id));
        auto secret = TRY(catalogue::find_domain_secret(tx, root_key, snapshot.owner));
        return Upload{snapshot, {catalogue::domain_number(snapshot.owner), secret.value_or(crypto::Key())}};
      }));
  auto disk = build(content, upload);
  if (!disk && (disk.error().fault == Fault::unavailable || disk.error().fault == Fault::conflict))
    return std::unexpected(std::move(disk).error());  // later again
  return in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
    if (disk) return save_completed(tx, id, *disk, now);
    log_error("upload {} cannot be completed: {}", id, disk.error().message);
    return end_with_error(tx, id, disk.error().message);
  });
}

Result<bool> forget_journals(sql::Pool& catalogue, content::Content& content) {
  auto ended = TRY(in_transaction(catalogue, sql::Access::read, [](catalogue::Transaction& tx) {
    return catalogue::list_ended_uploads(tx, 16);
  }));
  for (auto const& id : ended) {
    TRY(content.forget_upload(id));
    TRY(in_transaction(catalogue, sql::Access::write,
                       [&](catalogue::Transaction& tx) { return catalogue::remove_ended_upload(tx, id); }));
  }
  return !ended.empty();
}

/// Calls `visit` for each upload that still takes blocks, or (`completing`) that waits to be completed.
Result<void> for_each_upload(sql::Pool& catalogue, bool completing,
                             std::function<Result<void>(Snapshot const&)> const& visit) {
  std::string after;
  while (true) {
    auto open = TRY(in_transaction(catalogue, sql::Access::read,
                                   [&](catalogue::Transaction& tx) -> Result<std::vector<Snapshot>> {
                                     std::vector<Snapshot> out;
                                     auto ids = TRY(catalogue::list_uploads(tx, completing, after, 100));
                                     for (auto const& id : ids)
                                       out.push_back(TRY(catalogue::find_snapshot(tx, id)));
                                     return out;
                                   }));
    if (open.empty()) return {};
    for (auto const& snapshot : open) TRY(visit(snapshot));
    after = open.back().id;
  }
}

}  // namespace

Result<Upload> open_upload(sql::Pool& catalogue, UploadGates& gates, crypto::Key const& root_key,
                           access::Caller const& caller, std::string const& id, Time now) {
  if (!images::has_id_form(id, "snap-")) return invalid("INVALID_SNAPSHOT_ID", "Invalid id: \"" + id + "\"");
  auto upload =
      TRY(in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<Upload> {
        auto found = catalogue::find_snapshot(tx, id);
        if (!found && found.error().fault != Fault::not_found)
          return std::unexpected(std::move(found).error());
        if (!found || found->owner != caller.account) return snapshot_not_found(id);
        auto secret = TRY(catalogue::find_domain_secret(tx, root_key, caller.account));
        return Upload{*std::move(found),
                      {catalogue::domain_number(caller.account), secret.value_or(crypto::Key())}};
      }));
  auto const& snapshot = upload.snapshot;
  if (!snapshot.is_upload)
    return invalid("INVALID_SNAPSHOT_ID", "The snapshot " + id + " was not started by StartSnapshot");
  if (snapshot.state == SnapshotState::pending && !snapshot.completing && has_timed_out(snapshot, now)) {
    TRY(time_out(catalogue, snapshot));
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
  return in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto current = catalogue::find_snapshot(tx, snapshot.id);
    if (!current || current->state != SnapshotState::pending) return {};
    current->last_write = std::max(current->last_write, now);
    current->unsynced_boot = gates.boot();
    current->content_bytes = std::max(current->content_bytes, uploaded_bytes);
    if (progress) current->progress_percent = std::max<std::int64_t>(current->progress_percent, *progress);
    return catalogue::save_snapshot(tx, *current);
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

Result<Time> step_uploads(sql::Pool& catalogue, content::Content& content, crypto::Key const& root_key,
                          Time now) {
  auto completing = TRY(in_transaction(catalogue, sql::Access::read, [](catalogue::Transaction& tx) {
    return catalogue::list_uploads(tx, true, "", 1);
  }));
  if (!completing.empty()) {
    TRY(complete(catalogue, content, root_key, completing.front(), now));
    return now;
  }
  bool forgot = TRY(forget_journals(catalogue, content));
  return forgot ? now : now + kCompletionInterval;
}

Result<Time> step_open_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates,
                               Time now) {
  TRY(for_each_upload(catalogue, false, [&](Snapshot const& snapshot) -> Result<void> {
    if (has_lost_blocks(snapshot, gates.boot())) return end_lost(catalogue, snapshot);
    if (has_timed_out(snapshot, now)) return time_out(catalogue, snapshot);
    bool const rests = now > snapshot.last_write + kWriteResolution + kRestsAfter;
    return rests && !snapshot.unsynced_boot.empty() ? settle(catalogue, content, gates, snapshot.id)
                                                    : Result<void>{};
  }));
  return now + kOpenUploadsInterval;
}

Result<void> end_damaged_uploads(sql::Pool& catalogue, content::Content& content) {
  if (!content.store().journal_damaged()) return {};
  for (bool completing : {false, true})
    TRY(for_each_upload(catalogue, completing, [&](Snapshot const& snapshot) -> Result<void> {
      log_error("upload {} of {} ends: its journal may be damaged", snapshot.id, snapshot.owner);
      return in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
        return end_with_error(tx, snapshot.id, "Blocks were lost: what was stored of this upload is damaged");
      });
    }));
  return content.store().forget_journal_damage();
}

Result<void> settle_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates) {
  return for_each_upload(catalogue, false, [&](Snapshot const& snapshot) -> Result<void> {
    bool const unsynced = snapshot.unsynced_boot == gates.boot();
    return unsynced ? settle(catalogue, content, gates, snapshot.id) : Result<void>{};
  });
}

}  // namespace argosy::ebs
