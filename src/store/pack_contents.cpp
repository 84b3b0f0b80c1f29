// store/pack_contents.cpp - see pack_contents.h.
#include "store/pack_contents.h"

#include "store/state.h"

namespace argosy::store {
namespace {

/// Records that are looked up in one transaction: a few milliseconds.
constexpr std::size_t kRecordsAtOnce = 256;

/// Whether one of the records is the last write of a block of an upload under way.
Result<bool> holds_journal(sql::Transaction& tx, std::span<Record const> records) {
  for (auto const& record : records) {
    bool const current = record.placement && TRY(index::is_current(tx, *record.placement, record.sequence));
    if (current) return true;
  }
  return false;
}

Result<std::vector<ChunkRow>> find_live(sql::Transaction& tx, std::int64_t pack,
                                        std::span<Record const> records) {
  std::vector<ChunkRow> live;
  for (auto const& record : records) {
    if (record.payload_bytes == 0) continue;
    auto chunk = TRY(index::find_chunk(tx, record.domain, record.id));
    Location const here{pack, record.payload_offset, record.payload_bytes, 0, ChunkState::closed};
    if (chunk && chunk->location.state != ChunkState::damaged && chunk->location.same_place(here))
      live.push_back(*chunk);
  }
  return live;
}

}  // namespace

Result<PackContents> visit_live(Store::State& state, PackRow const& row, bucket::Object const& object,
                                JournalCheck check, VisitChunk const& visit) {
  PackContents contents;
  std::vector<Record> batch;
  auto visit_batch = [&]() -> Result<void> {
    auto live = TRY(state.read_index([&](sql::Transaction& tx) -> Result<std::vector<ChunkRow>> {
      if (check == JournalCheck::yes && !contents.journal) contents.journal = TRY(holds_journal(tx, batch));
      return find_live(tx, row.number, batch);
    }));
    batch.clear();
    for (auto const& chunk : live) {
      contents.live_bytes += chunk.location.length_bytes;
      TRY(visit(chunk));
    }
    return {};
  };
  auto collect = [&](Record const& record) -> Result<void> {
    batch.push_back(record);
    return batch.size() < kRecordsAtOnce ? Result<void>{} : visit_batch();
  };
  contents.listing = TRY(list_records(state.bucket, object, row.indexed_bytes, collect));
  TRY(visit_batch());
  return contents;
}

Result<std::vector<ChunkRow>> live_by_index(Store::State& state, std::int64_t pack) {
  return state.read_index(
      [&](sql::Transaction& tx) { return index::live_chunks_of_pack(tx, pack, state.options.pack_records); });
}

}  // namespace argosy::store
