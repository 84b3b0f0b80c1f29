// store/scrub.h - reads everything that is stored and compares it with what it should be.
#pragma once
#include "store/compaction.h"
#include "store/store.h"

namespace argosy::store {

struct ScrubResult {
  std::uint64_t packs = 0;
  std::uint64_t chunks = 0;          ///< read and compared
  std::uint64_t bytes = 0;           ///< of these
  std::uint64_t damaged_chunks = 0;  ///< found by this scrub: they count as absent from now on
  std::uint64_t damaged_packs = 0;   ///< with record heads or a table of contents that are not whole
  std::uint64_t missing_packs = 0;
};

/// Looks at every chunk that is needed, and at what a lost index would be rebuilt from. A pack whose heads or
/// table are damaged is written again, unless an upload under way needs it as its journal. One thread at a
/// time.
class Scrub {
 public:
  explicit Scrub(Store& store) : store_(store), compaction_(store, {}) {}

  /// At most one pack; true when all were looked at.
  Result<bool> step(Time now);
  ScrubResult const& result() const { return result_; }

 private:
  Result<void> verify_rows(PackRow const& row);
  Result<void> forget(PackRow const& row);
  Result<void> verify(ChunkRow const& row);
  Result<bool> heads_are_whole(PackRow const& row, bucket::Object const& object, Listing listing);

  Store& store_;
  Compaction compaction_;
  std::int64_t after_ = 0;
  ScrubResult result_;
};

}  // namespace argosy::store
