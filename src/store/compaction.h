// store/compaction.h - gives space back: rewrites packs of which little is live, removes those that nothing
// needs.
#pragma once
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace argosy::store {

struct CompactionOptions {
  /// A pack of which less is live is rewritten: at most this share of what it frees is written again.
  double live_share = 0.7;
  /// How long a pack stays that nothing needs any more: for readers, and for a catalogue restored from a
  /// backup, which needs what the region needed then.
  Duration grace = std::chrono::hours(24);
};

struct CompactionResult {
  std::uint64_t moved_bytes = 0;    ///< of chunks, written again
  std::uint64_t retired_bytes = 0;  ///< of packs that nothing needs since this run
  std::uint64_t removed_bytes = 0;  ///< of packs that are gone
  std::uint64_t waiting_bytes = 0;  ///< of packs that go when their grace ends
};

/// One look at every pack. A crash at any moment leaves each chunk where it was or where it is going. One
/// thread at a time.
class Compaction {
 public:
  Compaction(Store& store, CompactionOptions const& options) : store_(store), options_(options) {}

  /// At most one pack; true when all were looked at.
  Result<bool> step(Time now);
  /// Writes again what is needed of a pack, and retires it. False if it is the journal of an upload under
  /// way.
  Result<bool> rewrite(PackRow const& row, Time now);
  CompactionResult const& result() const { return result_; }

 private:
  struct Live {
    Domain domain = 0;
    ChunkId id;
    Location at;
    Location to;
  };
  Result<void> consider(PackRow const& row, Time now);
  bool is_worth_it(PackRow const& row, std::uint64_t needed_bytes) const;
  Result<std::optional<PackRow>> close(PackRow const& row);
  Result<std::optional<std::vector<Live>>> find_live(PackRow const& row);
  Result<void> replace(PackRow const& row, std::vector<Live>& live, Time now);
  Result<void> write_again(std::vector<Live>& chunks);
  Result<void> make_durable(std::span<Live const> chunks);
  Result<void> move_rows(std::span<Live const> chunks);
  Result<void> retire(PackRow const& row, Time now);
  Result<void> remove(PackRow const& row);

  Store& store_;
  CompactionOptions const options_;
  std::int64_t after_ = 0;
  std::int64_t last_ = 0;  ///< packs that were begun later hold what this run wrote
  CompactionResult result_;
};

}  // namespace argosy::store
