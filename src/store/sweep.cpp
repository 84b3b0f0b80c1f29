// store/sweep.cpp - see sweep.h.
#include "store/sweep.h"

#include "base/log.h"
#include "store/state.h"

namespace argosy::store {
namespace {

/// Nodes looked at in a step: each of the needed ones is read.
constexpr std::size_t kNodesPerStep = 256;
constexpr std::size_t kBlocksPerStep = 4'096;
/// Rows dropped in one transaction, while nobody can count on anything: a few milliseconds.
constexpr std::size_t kDropsAtOnce = 256;

}  // namespace

Result<std::unique_ptr<Sweep>> Sweep::begin(Store& store, std::size_t mark_bytes, std::uint64_t seed) {
  TRY(store.flush());  // else what waits would be taken for new
  auto& state = store.state();
  auto const generation = state.pins.advance();
  std::uint64_t chunks = 0;
  TRY(state.write_index([&](sql::Transaction& tx, index::Sums&) -> Result<void> {
    auto totals = TRY(index::domain_totals(tx));
    for (auto const& [domain, total] : totals)
      chunks += static_cast<std::uint64_t>(total.blocks + total.nodes);
    return index::save_number(tx, "generation", generation);
  }));
  return std::unique_ptr<Sweep>(new Sweep(store, generation, Marks(chunks, mark_bytes, seed)));
}

Result<bool> Sweep::is_ready() {
  if (!store_.state().pins.are_free_before(generation_)) return false;
  TRY(store_.flush());
  return true;
}

Result<void> Sweep::mark_children(ChunkRow const& row) {
  if (result_.spared.contains(row.domain)) return {};
  auto stored = row.location.state == ChunkState::damaged
                    ? Result<Bytes>(fail(Fault::corrupt, "a damaged node"))
                    : store_.get(row.domain, row.id);
  if (!stored && stored.error().fault == Fault::unavailable)
    return std::unexpected(std::move(stored).error());
  auto node = stored ? decode_node(*stored) : Result<NodeView>(std::unexpected(stored.error()));
  if (!node) {
    log_warning("nothing of domain {:012} is collected below level {} while node {} cannot be read: {}",
                row.domain, level_, row.id.hex(), node.error().message);
    result_.spared.insert(row.domain);
    return {};
  }
  for (auto const& id : node->ids) marks_.add(row.domain, id);
  return {};
}

/// What was counted on since it was looked at stays, with what lies below it.
Result<void> Sweep::drop(std::span<ChunkRow const> dead) {
  auto& state = store_.state();
  std::vector<ChunkRow> kept;
  std::vector<ChunkRow> dropped;
  TRY(state.change_index_alone([&](sql::Transaction& tx, index::Sums& sums) -> Result<void> {
    auto current = TRY(index::number(tx, "generation", 0));
    if (current != generation_) return fail(Fault::conflict, "another sweep of this region has begun");
    for (auto const& row : dead) {
      bool const waits = state.pending.find_chunk({row.domain, row.id}).has_value();
      bool const gone = waits ? false : TRY(index::drop_chunk(tx, sums, row, generation_));
      (gone ? dropped : kept).push_back(row);
    }
    return {};
  }));
  for (auto const& row : dropped) {
    ++result_.dropped_chunks;
    result_.dropped_bytes += row.location.length_bytes;
  }
  result_.kept_chunks += kept.size();
  for (auto const& row : kept)
    if (level_ > 0) TRY(mark_children(row));
  return {};
}

Result<bool> Sweep::step() {
  std::lock_guard lock(store_.state().upkeep_mutex);
  auto const limit = level_ == 0 ? kBlocksPerStep : kNodesPerStep;
  auto rows = TRY(store_.state().read_index([&](sql::Transaction& tx) {
    return index::chunks_of_level(tx, level_, after_domain_, after_id_, limit);
  }));
  std::vector<ChunkRow> dead;
  for (auto const& row : rows) {
    if (row.generation < generation_ && !marks_.has(row.domain, row.id)) {
      if (!result_.spared.contains(row.domain)) dead.push_back(row);
      continue;
    }
    ++result_.kept_chunks;
    if (level_ > 0) TRY(mark_children(row));
  }
  for (std::span<ChunkRow const> rest(dead); !rest.empty();) {
    auto const count = std::min(rest.size(), kDropsAtOnce);
    TRY(drop(rest.first(count)));
    rest = rest.subspan(count);
  }
  if (rows.size() == limit) {
    after_domain_ = rows.back().domain;
    after_id_ = rows.back().id;
    return false;
  }
  if (level_ == 0) return true;
  --level_;
  after_domain_ = 0;
  after_id_ = {};
  return false;
}

Result<void> Sweep::finish(std::int64_t what) {
  return store_.state().write_index(
      [&](sql::Transaction& tx, index::Sums&) { return index::save_number(tx, "swept", what); });
}

Result<std::int64_t> Sweep::last(Store& store) {
  return store.state().read_index([](sql::Transaction& tx) { return index::number(tx, "swept", -1); });
}

}  // namespace argosy::store
