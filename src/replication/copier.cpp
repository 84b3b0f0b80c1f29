// replication/copier.cpp - see copier.h.
#include "replication/copier.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "catalogue/domains.h"
#include "catalogue/ended_leases.h"
#include "catalogue/snapshots.h"
#include "replication/copy_record.h"
#include "sql/in_transaction.h"

namespace argosy::replication {
namespace {

using images::SnapshotState;

/// How long a step moves content: progress is committed and shown about so often.
constexpr Duration kStepTime{250};
/// A claim that its worker does not renew is free for other processes after this.
constexpr auto kClaimAge = std::chrono::minutes(2);
constexpr auto kRenewAfter = std::chrono::seconds(30);
constexpr auto kLeaseRenewAfter = std::chrono::minutes(10);
/// How often new tasks are looked for when nobody says that there are any.
constexpr auto kClaimInterval = std::chrono::seconds(1);
constexpr std::size_t kClaimsAtOnce = 300;

/// A region that the configuration lacks counts as away: an operator who left out its line, or mistyped it,
/// mends that.
Result<Source*> find_source(Sources& sources, std::string const& region) {
  auto found = sources.find(region);
  if (found) return found;
  return fail(Fault::unavailable, std::string(kSourceFailed),
              "the configuration names no region " + region + " that can be copied from");
}

}  // namespace

Copier::Copier(std::string region, sql::Pool& catalogue, content::Content& content, Sources& sources,
               keystore::EbsKeys const& keys, crypto::MasterKeys const& master_keys, Clock& clock,
               Entropy& entropy)
    : region_(std::move(region)),
      catalogue_(catalogue),
      content_(content),
      sources_(sources),
      keys_(keys),
      master_keys_(master_keys),
      clock_(clock),
      worker_(make_uuid(entropy)) {}
Copier::~Copier() = default;

Result<void> Copier::start() {
  auto session = TRY(catalogue_.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(catalogue::release_all_copies(tx));
  return tx.commit();
}

/// Claims what nobody has.
Result<void> Copier::claim(Time now) {
  auto session = TRY(catalogue_.take());
  std::vector<std::string> ids;
  {
    auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
    ids = TRY(catalogue::list_unclaimed_copies(tx, worker_, now, kClaimsAtOnce));
  }
  for (auto const& id : ids) {
    auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
    auto epoch = catalogue::claim_copy(tx, id, worker_, 0, now, now + kClaimAge);
    if (!epoch) continue;  // another worker was faster
    auto task = std::make_unique<Task>();
    task->copy = TRY(catalogue::find_copy(tx, id));
    TRY(tx.commit());
    task->next = now;
    task->claimed = now;
    task->lease_renewed = task->copy.created;
    turns_.put(std::move(task));
  }
  return {};
}

Result<std::unique_ptr<Task>> Copier::next_task(Time now) {
  bool look = false;
  {
    std::lock_guard lock(mutex_);
    look = now >= next_claim_;
    if (look) next_claim_ = now + kClaimInterval;
  }
  if (look) TRY(claim(now));
  return turns_.take(now);
}

void Copier::look_for_tasks() {
  std::lock_guard lock(mutex_);
  next_claim_ = {};
}

Result<Time> Copier::step() {
  auto now = clock_.now();
  auto task = TRY(next_task(now));
  if (!task) {
    Time const next_look = now + kClaimInterval;
    return std::min(next_look, turns_.next().value_or(next_look));
  }
  auto result = advance(*task);
  settle(std::move(task), result);
  return now;
}

/// What becomes of a task after a step.
void Copier::settle(std::unique_ptr<Task> task, Result<void> const& result) {
  if (!result) return settle_failure(std::move(task), result.error());
  auto const now = clock_.now();
  turns_.done(task->copy.source_region, Turns::Answer::given, now);
  task->patience.succeeded();
  if (task->told != "")
    if (auto done = tell(*task, "", ""); !done) log_warning("{}: {}", region_, done.error().message);
  if (task->disk == task->copy.disks.size()) return;  // finished
  task->next = now;
  turns_.put(std::move(task));
}

Result<void> Copier::advance(Task& task) {
  TRY(renew_claim(task));
  if (task.source == nullptr) task.source = TRY(find_source(sources_, task.copy.source_region));
  TRY(renew_lease(task));
  if (task.disk < task.copy.disks.size()) {
    auto moved = advance_disk(task);
    if (!moved && moved.error().code == "LeaseNotFound") {
      TRY(reopen(task));
      return fail(Fault::unavailable, "LeaseNotFound", "The lease there ran out and was opened anew");
    }
    if (!moved) return moved;
  }
  return task.disk == task.copy.disks.size() ? finish(task) : Result<void>{};
}

/// Writes down something of a task: only if it is still ours.
Result<void> Copier::record(Task const& task,
                            std::function<Result<void>(catalogue::Transaction&)> const& change) {
  return sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    TRY(catalogue::check_epoch(tx, task.copy.id, task.copy.epoch));
    return change(tx);
  });
}

Result<void> Copier::renew_claim(Task& task) {
  auto const now = clock_.now();
  if (now < task.claimed + kRenewAfter) return {};
  TRY(record(task, [&](catalogue::Transaction& tx) -> Result<void> {
    TRY(catalogue::claim_copy(tx, task.copy.id, worker_, task.copy.epoch, now, now + kClaimAge));
    return {};
  }));
  task.claimed = now;
  return {};
}

/// At the source.
Result<void> Copier::renew_lease(Task& task) {
  auto const now = clock_.now();
  if (now < task.lease_renewed + kLeaseRenewAfter) return {};
  auto renewed = task.source->renew(task.copy.source_lease);
  if (!renewed && renewed.error().code == "LeaseNotFound") TRY(reopen(task));
  if (!renewed && renewed.error().code != "LeaseNotFound") return renewed;
  task.lease_renewed = now;
  return {};
}

/// The lease ran out, or was given back because the copy was cancelled. If it goes on: asks for the same
/// content once more.
Result<void> Copier::reopen(Task& task) {
  TRY(record(task, [](catalogue::Transaction&) { return Result<void>{}; }));
  auto const opened = TRY(task.source->open({task.copy.account, task.copy.source_resource}));
  auto taken = take_lease(task, opened);
  if (taken) return {};
  auto ended = sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) {
    return catalogue::insert_ended_lease(tx, task.copy.source_region, opened.lease);
  });
  if (!ended) log_warning("{}: a lease at {} runs out by itself", region_, task.copy.source_region);
  return taken;
}

Result<void> Copier::take_lease(Task& task, messages::replication::OpenResponse const& opened) {
  for (auto const& disk : task.copy.disks) {
    auto same = std::ranges::find(opened.snapshots, disk.source_snapshot_id,
                                  &messages::replication::Snapshot::snapshot_id);
    if (same == opened.snapshots.end() || same->root != disk.root)
      return fail(Fault::invalid, "SourceChanged",
                  task.copy.source_resource + " no longer has the content that is being copied");
  }
  TRY(record(task, [&](catalogue::Transaction& tx) {
    return catalogue::save_source_lease(tx, task.copy.id, opened.lease);
  }));
  task.copy.source_lease = opened.lease;
  task.content = nullptr;
  return {};
}

/// Finds out what the disk needs, keys first; goes on where a killed process was, or an attempt that failed.
/// Passes over what is complete.
Result<void> Copier::begin_disk(Task& task) {
  auto const& disk = task.copy.disks[task.disk];
  auto const caller = TRY(keys_.root_of(task.copy.account));
  images::Snapshot snapshot;
  content::Domain domain;
  std::optional<std::string> sealing;
  TRY(record(task, [&](catalogue::Transaction& tx) -> Result<void> {
    snapshot = TRY(catalogue::find_snapshot(tx, disk.snapshot_id));
    auto const secret = TRY(catalogue::find_domain_secret(tx, master_keys_, task.copy.account));
    domain = {catalogue::domain_number(task.copy.account), secret};
    if (!snapshot.encrypted || snapshot.state == SnapshotState::completed) return {};
    snapshot.kms_key = TRY(keys_.find(tx, caller, snapshot.kms_key));
    TRY(keys_.check_new(tx, caller, snapshot.kms_key, snapshot.id));
    sealing = TRY(keys_.sealing_key(tx, snapshot.kms_key));
    return catalogue::save_snapshot(tx, snapshot);
  }));
  if (snapshot.state == SnapshotState::completed) {  // before a crash
    ++task.disk;
    return {};
  }
  task.kms_key = snapshot.kms_key;
  auto const moved_bytes = TRY(find_moved_bytes(content_.store(), disk.snapshot_id,
                                                static_cast<std::uint64_t>(snapshot.copy_bytes_moved)));
  std::optional<content::Child> released;
  bool sealed_apart = sealing.has_value();
  if (disk.source_encrypted) {
    auto opened = TRY(task.source->release({task.copy.source_lease, disk.source_snapshot_id}));
    released = std::move(opened.root);
    sealed_apart = sealed_apart || opened.sealed_apart;
  }
  auto const clear_root = TRY(content::decode_clear_reference(disk.root));
  if (released && (*released ? std::optional((*released)->id) : std::nullopt) !=
                      (clear_root ? std::optional(clear_root->id) : std::nullopt))
    return fail(Fault::corrupt, std::string(kSourceFailed), "the source released the key of another disk");
  bool const same_account = disk.source_owner == task.copy.account;
  if (!snapshot.encrypted || (released && same_account && !sealed_apart)) {
    DiskToCopy wanted{domain.number,
                      clear_root,
                      snapshot.volume_size_gib,
                      task.copy.source_lease,
                      disk.source_snapshot_id,
                      disk.snapshot_id,
                      moved_bytes,
                      {},
                      snapshot.content_bytes};
    auto check_needed = [this, id = task.copy.id, epoch = task.copy.epoch] {  // the task names the root
      return sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
        return catalogue::check_epoch(tx, id, epoch);
      });
    };
    task.content = Transfer::as_it_is(content_, *task.source, std::move(wanted), std::move(released),
                                      std::move(check_needed), clock_);
    return {};
  }
  auto root = released ? *released : TRY(content::decode_reference(disk.root));
  if (sealing) domain = content::domain_of_key(domain, *sealing);
  DiskToReseal wanted{domain,
                      std::move(root),
                      snapshot.volume_size_gib,
                      task.copy.source_lease,
                      disk.source_snapshot_id,
                      disk.snapshot_id,
                      moved_bytes,
                      snapshot.content_bytes};
  task.content = Transfer::sealed_anew(content_, *task.source, std::move(wanted), clock_);
  return {};
}

/// The destination's key is asked before every step; the source's, by the source, before every fetch.
Result<void> Copier::check_key(Task& task) {
  if (task.kms_key.empty()) return {};
  auto const caller = TRY(keys_.root_of(task.copy.account));
  return sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
    return keys_.check_new(tx, caller, task.kms_key, task.copy.disks[task.disk].snapshot_id);
  });
}

Result<void> Copier::advance_disk(Task& task) {
  if (!task.content) TRY(begin_disk(task));
  if (!task.content) return {};
  TRY(check_key(task));
  auto const moved_before = task.content->progress().moved_bytes;
  auto stepped = task.content->step(clock_.now() + kStepTime);
  moved_bytes_ += task.content->progress().moved_bytes - moved_before;
  if (!stepped) return std::unexpected(std::move(stepped).error());
  if (*stepped) return record_whole(task);
  auto const& progress = task.content->progress();
  return record(task, [&](catalogue::Transaction& tx) {
    return record_progress(tx, task.copy.disks[task.disk], {progress.done_bytes, progress.moved_bytes});
  });
}

Result<void> Copier::record_whole(Task& task) {
  TRY(content_.store().flush());  // durable before the catalogue says so
  auto const& disk = task.copy.disks[task.disk];
  auto const& progress = task.content->progress();
  auto const copied = task.content->result();
  auto const caller = TRY(keys_.root_of(task.copy.account));
  TRY(record(task, [&](catalogue::Transaction& tx) -> Result<void> {
    Bytes envelope;
    if (!task.kms_key.empty())
      envelope = TRY(keys_.wrap(tx, caller, task.kms_key, disk.snapshot_id, copied.secret));
    return record_disk(tx, disk, {progress.done_bytes, progress.moved_bytes}, copied, std::move(envelope),
                       clock_.now());
  }));
  ++task.disk;
  task.content = nullptr;
  return {};
}

Result<void> Copier::finish(Task& task) {
  return record(task, [&](catalogue::Transaction& tx) { return record_success(tx, task.copy); });
}

}  // namespace argosy::replication
