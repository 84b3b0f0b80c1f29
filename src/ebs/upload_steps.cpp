// ebs/upload_steps.cpp - see upload_steps.h.
#include "ebs/upload_steps.h"

#include <algorithm>
#include <functional>

#include "base/log.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "ebs/root.h"
#include "ebs/upload_ends.h"
#include "ebs/uploads.h"
#include "ebs/waiting_images.h"
#include "sql/in_transaction.h"

namespace argosy::ebs {
namespace {

using images::Snapshot;
using images::SnapshotState;

/// An upload to which nothing was put for so long is made durable.
constexpr auto kRestsAfter = std::chrono::minutes(1);
/// How often accepted uploads are looked for when nobody says that there are any.
constexpr auto kCompletionInterval = std::chrono::seconds(1);
constexpr auto kOpenUploadsInterval = std::chrono::seconds(30);
/// Between attempts at one upload that fails for a reason that may pass.
constexpr auto kLongestWait = std::chrono::seconds(60);

/// What is recorded of a finished disk: of an encrypted one its root's key only under the snapshot's KMS key.
struct Finished {
  content::FinishedDisk disk;
  Bytes envelope;
};

Result<void> save_completed(catalogue::Transaction& tx, std::string const& id, Finished const& finished,
                            Time now) {
  auto found = catalogue::find_snapshot(tx, id);
  if (!found) return {};  // deleted meanwhile
  auto snapshot = *std::move(found);
  auto const& disk = finished.disk;
  snapshot.state = SnapshotState::completed;
  snapshot.completing = false;
  snapshot.completion_time = now;
  snapshot.progress_percent = 100;
  snapshot.root = content::encode_clear_reference(content::clear_reference(disk.root));
  if (!snapshot.encrypted) snapshot.content_digest = to_bytes(disk.digest.bytes);
  snapshot.envelope = finished.envelope;
  snapshot.base_envelope.clear();
  snapshot.content_bytes = static_cast<std::int64_t>(disk.blocks) * content::kBlockBytes;
  TRY(catalogue::save_snapshot(tx, snapshot));
  TRY(complete_waiting_images(tx, snapshot));
  return catalogue::insert_ended_upload(tx, id);
}

/// An upload that was accepted, opened in its owner's name.
struct Accepted {
  Upload upload;
  content::Child parent;
  access::Caller owner;
};

Result<Accepted> find_accepted(sql::Pool& catalogue, keystore::EbsKeys const& keys,
                               crypto::MasterKeys const& master_keys, std::string const& id) {
  return sql::in_transaction(
      catalogue, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<Accepted> {
        auto snapshot = TRY(catalogue::find_snapshot(tx, id));
        auto const owner = TRY(keys.root_of(snapshot.owner));
        auto parent = TRY(open_root(tx, keys, owner, snapshot.root, snapshot.base_envelope));
        return Accepted{TRY(to_upload(tx, keys, master_keys, owner, std::move(snapshot))), std::move(parent),
                        owner};
      });
}

/// Compares the journal with what the caller said once more: a start after a loss of power may have lost
/// blocks.
Result<Finished> build(sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
                       Accepted const& accepted) {
  auto const& upload = accepted.upload;
  auto const& snapshot = upload.snapshot;
  auto summary = TRY(content.summarize(upload.journal));
  TRY(check_summary(summary, snapshot.expected_blocks, snapshot.expected_checksum));
  auto disk = TRY(content.finish(upload.domain, upload.journal, snapshot.volume_size_gib, accepted.parent,
                                 snapshot.base_size_gib));
  if (!snapshot.encrypted) return Finished{disk, {}};
  auto envelope = TRY(sql::in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) {
    return keys.wrap(tx, accepted.owner, snapshot.kms_key, images::context_id(snapshot),
                     content::encode_root_secret(disk.root));
  }));
  return Finished{disk, std::move(envelope)};
}

/// Whether the same may succeed later.
bool may_pass(Error const& error) {
  return error.fault == Fault::unavailable ||
         (error.fault == Fault::conflict && !keystore::is_about_keys(error));
}

/// What may pass ends nothing, however long it lasts: the blocks were accepted, and are there.
Result<void> complete(sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
                      crypto::MasterKeys const& master_keys, std::string const& id, Time now) {
  auto pin = content.store().pin();  // until the catalogue names what is built
  auto finished = [&]() -> Result<Finished> {
    auto const accepted = TRY(find_accepted(catalogue, keys, master_keys, id));
    return build(catalogue, content, keys, accepted);
  }();
  if (!finished && may_pass(finished.error())) return std::unexpected(std::move(finished).error());
  return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
    if (finished) return save_completed(tx, id, *finished, now);
    log_error("upload {} cannot be completed: {}", id, finished.error().message);
    return end_with_error(tx, id, finished.error());
  });
}

Result<std::vector<std::string>> list_accepted(sql::Pool& catalogue) {
  return sql::in_transaction(
      catalogue, sql::Access::read, [](catalogue::Transaction& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> out;
        while (true) {
          auto const more = TRY(catalogue::list_uploads(tx, true, out.empty() ? "" : out.back(), 1'000));
          if (more.empty()) return out;
          out.insert(out.end(), more.begin(), more.end());
        }
      });
}

Result<bool> forget_journals(sql::Pool& catalogue, content::Content& content) {
  auto ended = TRY(sql::in_transaction(catalogue, sql::Access::read, [](catalogue::Transaction& tx) {
    return catalogue::list_ended_uploads(tx, 16);
  }));
  for (auto const& id : ended) {
    TRY(content.forget_upload(id));
    TRY(sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
      return catalogue::remove_ended_upload(tx, id);
    }));
  }
  return !ended.empty();
}

/// Syncs all that was put to the upload; no put is under way meanwhile.
Result<void> settle(sql::Pool& catalogue, content::Content& content, UploadGates& gates,
                    std::string const& id) {
  auto gate = gates.of(id);
  std::unique_lock lock(*gate);
  TRY(content.store().flush());
  return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto snapshot = catalogue::find_snapshot(tx, id);
    if (!snapshot || snapshot->state != SnapshotState::pending) return {};
    snapshot->unsynced_boot.clear();
    return catalogue::save_snapshot(tx, *snapshot);
  });
}

/// Not while a call is at it, which came in time.
Result<void> time_out_unused(sql::Pool& catalogue, UploadGates& gates, std::string const& id, Time now) {
  auto const gate = gates.of(id);
  std::unique_lock const lock(*gate, std::try_to_lock);
  return lock ? time_out(catalogue, id, now) : Result<void>{};
}

Result<std::vector<Snapshot>> find_uploads(catalogue::Transaction& tx, bool completing,
                                           std::string const& after) {
  std::vector<Snapshot> found;
  auto ids = TRY(catalogue::list_uploads(tx, completing, after, 100));
  for (auto const& id : ids) found.push_back(TRY(catalogue::find_snapshot(tx, id)));
  return found;
}

/// Calls `visit` for each upload that still takes blocks, or (`completing`) that waits to be completed.
Result<void> for_each_upload(sql::Pool& catalogue, bool completing,
                             std::function<Result<void>(Snapshot const&)> const& visit) {
  std::string after;
  while (true) {
    auto uploads = TRY(sql::in_transaction(catalogue, sql::Access::read, [&](catalogue::Transaction& tx) {
      return find_uploads(tx, completing, after);
    }));
    if (uploads.empty()) return {};
    for (auto const& snapshot : uploads) TRY(visit(snapshot));
    after = uploads.back().id;
  }
}

}  // namespace

std::optional<std::string> FailedCompletions::choose(std::vector<std::string> const& accepted, Time now) {
  std::erase_if(failed_,
                [&](auto const& entry) { return !std::ranges::binary_search(accepted, entry.first); });
  for (auto const& id : accepted)
    if (!failed_.contains(id)) return id;
  auto const first = std::ranges::min_element(
      failed_, {}, [](std::pair<std::string const, Failed> const& entry) { return entry.second.due; });
  if (first == failed_.end() || first->second.due > now) return std::nullopt;
  return first->first;
}

void FailedCompletions::add(std::string const& id, Time now) {
  auto& failed = failed_[id];
  failed.due =
      now + std::min<Duration>(kLongestWait, std::chrono::seconds(1) * (1 << std::min(failed.times, 6)));
  ++failed.times;
}

Result<Time> step_uploads(sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
                          crypto::MasterKeys const& master_keys, FailedCompletions& failed, Clock& clock) {
  auto const now = clock.now();
  auto const accepted = TRY(list_accepted(catalogue));
  if (auto const id = failed.choose(accepted, now)) {
    auto const done = complete(catalogue, content, keys, master_keys, *id, now);
    if (done) return now;
    failed.add(*id, clock.now());  // it rests from now on, however long the attempt took
    // What has ended gives back its place, which may be what this one waits for.
    if (auto forgot = forget_journals(catalogue, content); !forgot)
      log_error("journals of uploads that have ended stay for now: {}", forgot.error().message);
    return fail(done.error().fault, "upload " + *id + ": " + done.error().message);
  }
  bool forgot = TRY(forget_journals(catalogue, content));
  return forgot ? now : now + kCompletionInterval;
}

Result<Time> step_open_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates,
                               Time now) {
  TRY(for_each_upload(catalogue, false, [&](Snapshot const& snapshot) -> Result<void> {
    if (has_lost_blocks(snapshot, gates.boot())) return end_lost(catalogue, snapshot);
    if (has_timed_out(snapshot, now)) return time_out_unused(catalogue, gates, snapshot.id, now);
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
      return sql::in_transaction(catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
        return end_with_error(
            tx, snapshot.id,
            {Fault::corrupt, "", "Blocks were lost: what was stored of this upload is damaged"});
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
