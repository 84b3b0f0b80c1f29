// store/pack_contents.h - what of a pack's records is still needed, as the index says.
#pragma once
#include <functional>

#include "store/store.h"

namespace argosy::store {

/// Whether it is also asked if a pack is the journal of an upload under way.
enum class JournalCheck { no, yes };

struct PackContents {
  Listing listing = Listing::in_part;
  std::uint64_t live_bytes = 0;  ///< of the chunks that were visited
  bool journal = false;          ///< asked for: a record is the last write of a block of an upload under way
};

using VisitChunk = std::function<Result<void>(ChunkRow const&)>;

/// Lists the records once, and visits the chunks that the index finds here and that are not damaged, in order
/// of offset. They are looked up some hundred at a time, each batch in one read transaction, and visited
/// outside it: what is visited may have moved or gone a moment ago. Where the listing is in part, or fewer
/// bytes are live than the pack's row says, the index knows of more.
Result<PackContents> visit_live(Store::State& state, PackRow const& row, bucket::Object const& object,
                                JournalCheck check, VisitChunk const& visit);

/// The same by what the index says alone, for packs whose records cannot all be listed. Reads the whole
/// index.
Result<std::vector<ChunkRow>> live_by_index(Store::State& state, std::int64_t pack);

}  // namespace argosy::store
