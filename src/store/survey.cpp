// store/survey.cpp - see survey.h.
#include "store/survey.h"

#include <algorithm>

#include "store/state.h"

namespace argosy::store {
namespace {

constexpr std::size_t kRowsPerStep = 256;

}  // namespace

Result<bool> Survey::step_damaged() {
  auto rows = TRY(store_.state().read_index([&](sql::Transaction& tx) {
    return index::damaged_chunks(tx, after_domain_, after_id_, kRowsPerStep);
  }));
  for (auto const& row : rows) {
    ++damaged_chunks_;
    domains_.insert(row.domain);
    affected_.emplace(row.domain, row.id);
    after_domain_ = row.domain;
    after_id_ = row.id;
  }
  return rows.size() < kRowsPerStep;
}

Result<bool> Survey::is_affected(ChunkRow const& row) {
  if (row.location.state != ChunkState::closed) return true;
  auto stored = store_.get(row.domain, row.id);
  if (!stored && stored.error().fault == Fault::unavailable)
    return std::unexpected(std::move(stored).error());
  auto node = stored ? decode_node(*stored) : Result<NodeView>(std::unexpected(stored.error()));
  if (!node) return true;
  return std::ranges::any_of(node->ids, [&](ChunkId const& id) {
    return affected_.contains({row.domain, id});
  });
}

Result<bool> Survey::step() {
  bool ended = false;
  if (level_ == 0) {
    TRY(store_.flush());
    ended = TRY(step_damaged());
    if (ended && domains_.empty()) return true;
  } else {
    auto rows = TRY(store_.state().read_index([&](sql::Transaction& tx) {
      return index::chunks_of_level(tx, level_, after_domain_, after_id_, kRowsPerStep);
    }));
    for (auto const& row : rows) {
      after_domain_ = row.domain;
      after_id_ = row.id;
      if (!domains_.contains(row.domain)) continue;
      bool const affected = TRY(is_affected(row));
      if (affected) affected_.emplace(row.domain, row.id);
    }
    ended = rows.size() < kRowsPerStep;
  }
  if (!ended) return false;
  if (level_ == kMaxLevel) return true;
  ++level_;
  after_domain_ = 0;
  after_id_ = {};
  return false;
}

Result<bool> Survey::affects(Domain domain, ChunkId const& root) {
  if (affected_.contains({domain, root})) return true;
  auto row = TRY(
      store_.state().read_index([&](sql::Transaction& tx) { return index::find_chunk(tx, domain, root); }));
  return !row || row->location.state != ChunkState::closed;
}

}  // namespace argosy::store
