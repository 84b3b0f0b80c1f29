// store/survey.h - which manifest nodes lead to chunks that are damaged or lost.
#pragma once
#include <set>
#include <utility>

#include "store/store.h"

namespace argosy::store {

/// Looks at the nodes of every domain that has damage, from the bottom up; costs nothing where there is none.
/// Memory grows with the damage, not with what is stored. One thread at a time.
class Survey {
 public:
  explicit Survey(Store& store) : store_(store) {}

  /// A bounded piece; true at the end.
  Result<bool> step();
  std::uint64_t damaged_chunks() const { return damaged_chunks_; }
  /// After the end: something below that root is damaged or lost. Without a survey of its domain this is told
  /// from the root alone: an index that was rebuilt without all chunks leaves it open.
  Result<bool> affects(Domain domain, ChunkId const& root);

 private:
  using Key = std::pair<Domain, ChunkId>;
  Result<bool> step_damaged();
  Result<bool> is_affected(ChunkRow const& row);

  Store& store_;
  std::uint8_t level_ = 0;  ///< 0: the damaged chunks themselves are collected first
  Domain after_domain_ = 0;
  ChunkId after_id_;
  std::uint64_t damaged_chunks_ = 0;
  std::set<Domain> domains_;
  std::set<Key> affected_;
};

}  // namespace argosy::store
