// store/sweep.h - collects the chunks that nothing counts on: marks from roots downwards, and drops the rest.
#pragma once
#include <memory>
#include <set>

#include "store/marks.h"
#include "store/store.h"

namespace argosy::store {

struct SweepResult {
  std::uint64_t kept_chunks = 0;
  std::uint64_t dropped_chunks = 0;
  std::uint64_t dropped_bytes = 0;
  /// Domains in which a needed node cannot be read, so that nothing below it can be told from garbage:
  /// nothing of theirs was dropped from its level on.
  std::set<Domain> spared;
};

/// One sweep: begin, wait until it is ready, mark every root, step to the end. Levels are looked at from the
/// top, so that a node goes before what lies below it, and nobody can count on a subtree that is going. It
/// races safely with everything that the store does; what is interrupted is begun anew. One thread at a time,
/// and one sweep of a store at a time.
class Sweep {
 public:
  /// Begins a new generation, durably: a sweep that began before fails from now on. Memory: at most
  /// `mark_bytes`. `seed` decides which garbage a full filter keeps.
  static Result<std::unique_ptr<Sweep>> begin(Store& store, std::size_t mark_bytes, std::uint64_t seed);

  /// False while work that began before the sweep holds a pin: ask again later. After true every journal is
  /// in the index, and roots may be marked.
  Result<bool> is_ready();
  void mark(Domain domain, ChunkId const& root) { marks_.add(domain, root); }
  /// One bounded piece; true when everything was looked at.
  Result<bool> step();
  /// After the last step: durably remembers `what`, which says how much garbage the caller knew of.
  Result<void> finish(std::int64_t what);
  /// What the last sweep that came to its end remembered; -1 if there was none since the index is what it is.
  static Result<std::int64_t> last(Store& store);
  SweepResult const& result() const { return result_; }

 private:
  Sweep(Store& store, std::int64_t generation, Marks marks)
      : store_(store), generation_(generation), marks_(std::move(marks)) {}
  Result<void> mark_children(ChunkRow const& row);
  Result<void> drop(std::span<ChunkRow const> dead);

  Store& store_;
  std::int64_t generation_;
  Marks marks_;
  std::uint8_t level_ = kMaxLevel;
  Domain after_domain_ = 0;
  ChunkId after_id_;
  SweepResult result_;
};

}  // namespace argosy::store
