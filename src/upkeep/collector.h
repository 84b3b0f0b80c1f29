// upkeep/collector.h - gives back the space of what nothing needs any more: by itself, and when an operator
// asks.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "sql/session.h"
#include "store/compaction.h"
#include "store/sweep.h"

namespace argosy::upkeep {

struct CollectorOptions {
  Duration interval = std::chrono::hours(1);  ///< between collections, if there is anything to collect
  Duration grace = std::chrono::hours(24);    ///< see store::CompactionOptions
  std::size_t mark_bytes = 64ULL << 20U;      ///< memory for what is found needed: exact up to 32 M chunks
};

struct Collected {
  store::SweepResult sweep;
  store::CompactionResult compaction;
};

/// One collection: what nothing needs is found and dropped, then packs are rewritten and removed. Interrupted
/// at any moment it leaves nothing wrong; the next one begins anew.
class Collection {
 public:
  enum class Phase { begin, wait, uploads, roots, sweep, compact, done };

  /// `thorough`: sweeps although nobody said that there is garbage.
  Collection(sql::Pool& catalogue, store::Store& store, Clock& clock, std::uint64_t seed, bool thorough,
             CollectorOptions const& options);

  /// One bounded piece.
  Result<void> step();
  /// In `wait`, work that began earlier must end first: come back a little later.
  Phase phase() const { return phase_; }
  Collected collected() const;

 private:
  Result<void> begin();
  Result<void> mark_upload();
  Result<void> mark_roots();
  Result<void> sweep();
  Result<void> compact();

  sql::Pool& catalogue_;
  store::Store& store_;
  Clock& clock_;
  std::uint64_t seed_;
  bool thorough_;
  CollectorOptions options_;
  Phase phase_ = Phase::begin;
  std::int64_t notes_ = 0;  ///< of garbage, that this collection takes care of
  std::string upload_;      ///< the one that is being looked at
  std::uint64_t from_block_ = 0;
  std::unique_ptr<store::Sweep> sweep_;
  store::Compaction compaction_;
};

std::string_view to_text(Collection::Phase phase);

/// Any thread.
class Collector {
 public:
  Collector(std::string region, sql::Pool& catalogue, store::Store& store, Clock& clock, Entropy& entropy,
            CollectorOptions const& options);

  /// For a background thread: a piece of a collection if one is due or under way.
  Result<Time> step();

  /// A thorough collection that the caller steps; the background rests as long as he holds it. Takes the
  /// place of one that the background has begun. Fails with `conflict` while another caller has one.
  Result<std::shared_ptr<Collection>> collect(std::optional<Duration> grace);

  /// No collection as long as the caller holds it. Fails with `conflict` as `collect` does.
  Result<std::shared_ptr<void>> hold();

 private:
  std::unique_ptr<Collection> make(bool thorough, Duration grace);

  std::string region_;
  sql::Pool& catalogue_;
  store::Store& store_;
  Clock& clock_;
  Entropy& entropy_;
  CollectorOptions const options_;
  std::mutex mutex_;  // guards what follows
  bool lent_ = false;
  std::unique_ptr<Collection> running_;  ///< the background's
  Time next_{};
  Time next_thorough_{};
};

}  // namespace argosy::upkeep
