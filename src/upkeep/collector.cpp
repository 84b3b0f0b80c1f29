// upkeep/collector.cpp - see collector.h.
#include "upkeep/collector.h"

#include <algorithm>

#include "base/log.h"
#include "catalogue/domains.h"
#include "catalogue/leases.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "content/reference.h"
#include "sql/in_transaction.h"

namespace argosy::upkeep {
namespace {

/// Rows of an upload's journal looked at in a step.
constexpr std::size_t kJournalPage = 4'096;
/// Some garbage nobody speaks of: a block of an upload that was put again with other content.
constexpr auto kThoroughInterval = std::chrono::hours(24);
/// How often it is asked whether earlier work has ended.
constexpr Duration kWait{200};

}  // namespace

std::string_view to_text(Collection::Phase phase) {
  switch (phase) {
    case Collection::Phase::begin:
      return "begin";
    case Collection::Phase::wait:
      return "waiting for work under way";
    case Collection::Phase::uploads:
      return "looking at uploads";
    case Collection::Phase::roots:
      return "looking at snapshots";
    case Collection::Phase::sweep:
      return "sweeping";
    case Collection::Phase::compact:
      return "compacting";
    case Collection::Phase::done:
      return "done";
  }
  return "";
}

Collection::Collection(sql::Pool& catalogue, store::Store& store, Clock& clock, std::uint64_t seed,
                       bool thorough, CollectorOptions const& options)
    : catalogue_(catalogue),
      store_(store),
      clock_(clock),
      seed_(seed),
      thorough_(thorough),
      options_(options),
      compaction_(store, {.grace = options.grace}) {}

Collected Collection::collected() const {
  return {sweep_ ? sweep_->result() : store::SweepResult{}, compaction_.result()};
}

Result<void> Collection::step() {
  switch (phase_) {
    case Phase::begin:
      return begin();
    case Phase::wait: {
      bool const ready = TRY(sweep_->is_ready());
      if (ready) phase_ = Phase::uploads;
      return {};
    }
    case Phase::uploads:
      return mark_upload();
    case Phase::roots:
      return mark_roots();
    case Phase::sweep:
      return sweep();
    case Phase::compact:
      return compact();
    case Phase::done:
      return {};
  }
  return {};
}

/// Without garbage there is nothing to sweep; packs may still be due to go.
Result<void> Collection::begin() {
  auto session = TRY(catalogue_.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(catalogue::remove_expired_leases(tx, clock_.now()));
  notes_ = TRY(catalogue::count_garbage_notes(tx));
  TRY(tx.commit());
  auto const swept = TRY(store::Sweep::last(store_));
  if (swept == notes_ && !thorough_) {
    phase_ = Phase::compact;
    return {};
  }
  sweep_ = TRY(store::Sweep::begin(store_, options_.mark_bytes, seed_));
  phase_ = Phase::wait;
  return {};
}

/// A page of the journal of the next upload under way: its blocks are needed, though no manifest names them
/// yet. A journal of any other upload is forgotten; a rebuilt index brings such.
Result<void> Collection::mark_upload() {
  if (from_block_ == 0) {
    auto next = TRY(store_.next_upload(upload_));
    if (!next) {
      phase_ = Phase::roots;
      return {};
    }
    upload_ = *next;
  }
  auto snapshot = sql::in_transaction(catalogue_, sql::Access::read,
                                      [&](auto& tx) { return catalogue::find_snapshot(tx, upload_); });
  if (!snapshot && snapshot.error().fault != Fault::not_found)
    return std::unexpected(std::move(snapshot).error());
  if (!snapshot || snapshot->state != images::SnapshotState::pending) {
    from_block_ = 0;
    return store_.remove_placements(upload_);
  }
  auto rows = TRY(store_.placements(upload_, from_block_, kJournalPage));
  auto const domain = catalogue::domain_number(snapshot->owner);
  for (auto const& row : rows) {
    auto const block = TRY(content::decode_clear_reference(row.reference));
    if (block) sweep_->mark(domain, block->id);
  }
  from_block_ = rows.size() == kJournalPage ? rows.back().block + 1 : 0;
  return {};
}

Result<void> Collection::mark_roots() {
  TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
    return catalogue::visit_roots(tx, clock_.now(),
                                  [&](std::string_view account, ByteView bytes) -> Result<void> {
                                    auto const root = TRY(content::decode_clear_reference(bytes));
                                    if (root) sweep_->mark(catalogue::domain_number(account), root->id);
                                    return {};
                                  });
  }));
  phase_ = Phase::sweep;
  return {};
}

Result<void> Collection::sweep() {
  bool const swept = TRY(sweep_->step());
  if (!swept) return {};
  TRY(sweep_->finish(notes_));
  phase_ = Phase::compact;
  return {};
}

Result<void> Collection::compact() {
  bool const all = TRY(compaction_.step(clock_.now()));
  if (all) phase_ = Phase::done;
  return {};
}

Collector::Collector(std::string region, sql::Pool& catalogue, store::Store& store, Clock& clock,
                     Entropy& entropy, CollectorOptions const& options)
    : region_(std::move(region)),
      catalogue_(catalogue),
      store_(store),
      clock_(clock),
      entropy_(entropy),
      options_(options),
      next_(clock.now() + options.interval),
      next_thorough_(clock.now() + kThoroughInterval) {}

std::unique_ptr<Collection> Collector::make(bool thorough, Duration grace) {
  if (thorough) next_thorough_ = clock_.now() + kThoroughInterval;
  std::array<std::byte, 8> seed{};
  entropy_.fill(seed);
  auto options = options_;
  options.grace = grace;
  return std::make_unique<Collection>(catalogue_, store_, clock_, get_le<std::uint64_t>(seed.data()),
                                      thorough, options);
}

Result<Time> Collector::step() {
  std::lock_guard lock(mutex_);
  auto const now = clock_.now();
  if (lent_) return now + std::chrono::seconds(1);
  // The clock may have been ahead when they were set.
  next_ = std::min(next_, now + options_.interval);
  next_thorough_ = std::min(next_thorough_, now + kThoroughInterval);
  if (!running_ && now < next_) return next_;
  if (!running_) running_ = make(now >= next_thorough_, options_.grace);
  next_ = now + options_.interval;
  auto done = running_->step();
  if (!done) {
    running_.reset();
    return std::unexpected(std::move(done).error());
  }
  if (running_->phase() == Collection::Phase::wait) return now + kWait;
  if (running_->phase() != Collection::Phase::done) return now;
  auto const collected = running_->collected();
  if (collected.sweep.dropped_chunks > 0 || collected.compaction.removed_bytes > 0)
    log_info(
        "{}: collected {} chunks of {} bytes; {} bytes of packs came back, {} come when their grace ends",
        region_, collected.sweep.dropped_chunks, collected.sweep.dropped_bytes,
        collected.compaction.removed_bytes, collected.compaction.waiting_bytes);
  running_.reset();
  return next_;
}

Result<std::shared_ptr<Collection>> Collector::collect(std::optional<Duration> grace) {
  std::lock_guard lock(mutex_);
  if (lent_) return fail(Fault::conflict, "a collection of " + region_ + " is under way already");
  running_.reset();  // what the background had begun is done here from its beginning
  lent_ = true;
  next_ = clock_.now() + options_.interval;
  auto collection = make(true, grace.value_or(options_.grace));
  // Shared with a deleter of its own: whoever drops it lets the background go on.
  return std::shared_ptr<Collection>(collection.release(), [this](Collection* done) {
    delete done;
    std::lock_guard returned(mutex_);
    lent_ = false;
  });
}

Result<std::shared_ptr<void>> Collector::hold() {
  std::lock_guard lock(mutex_);
  if (lent_) return fail(Fault::conflict, "a collection of " + region_ + " is under way, or a backup");
  running_.reset();
  lent_ = true;
  return std::shared_ptr<void>(this, [this](void*) {
    std::lock_guard returned(mutex_);
    lent_ = false;
  });
}

}  // namespace argosy::upkeep
