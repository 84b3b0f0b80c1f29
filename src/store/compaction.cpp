// store/compaction.cpp - see compaction.h.
#include "store/compaction.h"

#include <algorithm>

#include "base/log.h"
#include "store/pack_contents.h"
#include "store/state.h"

namespace argosy::store {
namespace {

/// Chunks in memory while they are written again.
constexpr std::size_t kBatchBytes = 4U << 20U;
/// Rows that move in one transaction, while nobody can count on anything: a few milliseconds.
constexpr std::size_t kMovesAtOnce = 256;

}  // namespace

Result<bool> Compaction::step(Time now) {
  auto& state = store_.state();
  std::lock_guard lock(state.upkeep_mutex);
  if (last_ == 0) last_ = state.writers.next_number();
  auto rows = TRY(state.read_index([&](sql::Transaction& tx) { return index::packs(tx, after_, 1); }));
  if (rows.empty() || rows.front().number >= last_) return true;
  after_ = rows.front().number;
  TRY(consider(rows.front(), now));
  return false;
}

Result<void> Compaction::consider(PackRow const& row, Time now) {
  if (row.retired) {
    if (*row.retired + options_.grace <= now) return remove(row);
    result_.waiting_bytes += row.indexed_bytes;
    return {};
  }
  if (!is_worth_it(row, row.live_bytes)) return {};
  auto live = TRY(find_live(row));
  if (!live) return {};  // a journal is still needed
  // Written again, each record keeps its head and loses its tag: a pack of small chunks may gain nothing.
  std::uint64_t needed_bytes = kPackHeaderBytes;
  for (auto const& chunk : *live) needed_bytes += kRecordHeaderBytes + chunk.at.length_bytes;
  if (!is_worth_it(row, needed_bytes)) return {};
  if (row.sealed) return replace(row, *live, now);
  TRY(rewrite(row, now));  // lists it again: it may have grown until it is closed
  return {};
}

bool Compaction::is_worth_it(PackRow const& row, std::uint64_t needed_bytes) const {
  return static_cast<double>(needed_bytes) < options_.live_share * static_cast<double>(row.indexed_bytes);
}

Result<bool> Compaction::rewrite(PackRow const& row, Time now) {
  auto closed = TRY(close(row));
  if (!closed) return false;
  auto live = TRY(find_live(*closed));
  if (!live) return false;
  TRY(replace(*closed, *live, now));
  return true;
}

/// Nothing more is written to the pack: one that is being written is sealed. Nothing if it cannot be now. One
/// that is neither sealed nor written, because it was found damaged at a start, is as good as sealed.
Result<std::optional<PackRow>> Compaction::close(PackRow const& row) {
  if (row.sealed) return row;
  auto& state = store_.state();
  bool const was_open = state.writers.close(row.number);
  TRY(store_.flush());
  auto closed = TRY(state.read_index([&](sql::Transaction& tx) { return index::find_pack(tx, row.number); }));
  return closed && (closed->sealed || !was_open) ? closed : std::nullopt;
}

/// The chunks that the index finds in the pack; nothing if it also holds the journal of an upload under way,
/// or if it is lost: a scrub tells whose chunks it held.
Result<std::optional<std::vector<Compaction::Live>>> Compaction::find_live(PackRow const& row) {
  auto& state = store_.state();
  auto object = state.bucket.find(pack_name(row.number));
  if (!object && object.error().fault == Fault::not_found) return std::nullopt;
  if (!object) return std::unexpected(std::move(object).error());
  std::vector<Live> live;
  auto add = [&](ChunkRow const& chunk) -> Result<void> {
    live.push_back({chunk.domain, chunk.id, chunk.location, {}});
    return {};
  };
  auto const contents = TRY(visit_live(state, row, *object, JournalCheck::yes, add));
  if (contents.journal) return std::nullopt;
  if (contents.live_bytes == row.live_bytes && contents.listing != Listing::in_part) return live;
  auto const upload = TRY(store_.next_upload(""));
  if (upload) return std::nullopt;  // its journal may lie behind the damage
  // Some heads are damaged: the index knows where their chunks lie.
  live.clear();
  auto rows = TRY(live_by_index(state, row.number));
  for (auto const& chunk : rows) TRY(add(chunk));
  return live;
}

/// Writes the chunks of a closed pack elsewhere, and retires it.
Result<void> Compaction::replace(PackRow const& row, std::vector<Live>& live, Time now) {
  TRY(write_again(live));
  TRY(make_durable(live));
  TRY(move_rows(live));
  return retire(row, now);
}

/// Appends the chunks to packs that are being written; what cannot be read stays where it is, as damaged.
Result<void> Compaction::write_again(std::vector<Live>& chunks) {
  auto& state = store_.state();
  std::vector<Live> written;
  std::vector<Live> batch;
  std::vector<Bytes> bytes;
  std::size_t batch_bytes = 0;
  auto append = [&]() -> Result<void> {
    if (batch.empty()) return {};
    std::vector<Record> records(batch.size());
    std::vector<ByteView> payloads(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      records[i].domain = batch[i].domain;
      records[i].id = batch[i].id;
    }
    TRY(state.writers.append(records, payloads, [&](std::int64_t pack) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i].to = batch[i].at;
        batch[i].to.pack = pack;
        batch[i].to.offset_bytes = records[i].payload_offset;
      }
    }));
    written.insert(written.end(), batch.begin(), batch.end());
    result_.moved_bytes += batch_bytes;
    batch.clear();
    bytes.clear();
    batch_bytes = 0;
    return {};
  };
  for (auto const& chunk : chunks) {
    auto stored = state.read(chunk.id, chunk.at);
    if (!stored && stored.error().fault != Fault::corrupt) return std::unexpected(std::move(stored).error());
    if (!stored) {
      TRY(state.report_damage(chunk.domain, chunk.id, chunk.at));
      continue;
    }
    batch.push_back(chunk);
    batch_bytes += stored->size();
    bytes.push_back(*std::move(stored));
    if (batch_bytes >= kBatchBytes) TRY(append());
  }
  TRY(append());
  chunks = std::move(written);
  return {};
}

/// Fails if a pack to which something was written did not become durable: a flush saves by itself only what
/// it has in memory.
Result<void> Compaction::make_durable(std::span<Live const> chunks) {
  TRY(store_.flush());
  return store_.state().read_index([&](sql::Transaction& tx) -> Result<void> {
    std::int64_t pack = 0;
    std::uint64_t durable_bytes = 0;
    for (auto const& chunk : chunks) {
      if (chunk.to.pack != pack) {
        pack = chunk.to.pack;
        auto row = TRY(index::find_pack(tx, pack));
        durable_bytes = row ? row->indexed_bytes : 0;
      }
      if (chunk.to.offset_bytes + chunk.to.length_bytes > durable_bytes)
        return fail(Fault::unavailable, pack_name(pack) + " could not be made durable");
    }
    return {};
  });
}

Result<void> Compaction::move_rows(std::span<Live const> chunks) {
  auto& state = store_.state();
  while (!chunks.empty()) {
    auto const count = std::min(chunks.size(), kMovesAtOnce);
    TRY(state.change_index_alone([&](sql::Transaction& tx, index::Sums& sums) -> Result<void> {
      for (auto const& chunk : chunks.first(count)) {
        bool const moved = TRY(index::move_chunk(tx, sums, chunk.domain, chunk.id, chunk.at, chunk.to));
        // What waits is durable at its new place already, also if this does not come about.
        if (moved)
          state.pending.move_chunk({chunk.domain, chunk.id}, chunk.at, chunk.to.pack, chunk.to.offset_bytes);
      }
      return {};
    }));
    chunks = chunks.subspan(count);
  }
  return {};
}

Result<void> Compaction::retire(PackRow const& row, Time now) {
  bool retired = false;
  TRY(store_.state().write_index([&](sql::Transaction& tx, index::Sums&) -> Result<void> {
    auto current = TRY(index::find_pack(tx, row.number));
    retired = current && current->live_bytes == 0;
    return retired ? index::retire_pack(tx, row.number, now) : Result<void>{};
  }));
  if (!retired) return {};
  result_.retired_bytes += row.indexed_bytes;
  if (options_.grace <= Duration{0}) return remove(row);
  result_.waiting_bytes += row.indexed_bytes;
  return {};
}

Result<void> Compaction::remove(PackRow const& row) {
  TRY(store_.flush());  // what waits in memory may still name the old place
  auto& state = store_.state();
  bool needed = false;
  TRY(state.write_index([&](sql::Transaction& tx, index::Sums&) -> Result<void> {
    auto const current = TRY(index::find_pack(tx, row.number));
    needed = current && current->live_bytes > 0;
    return needed ? index::retire_pack(tx, row.number, std::nullopt) : Result<void>{};
  }));
  if (needed) {
    log_error("{} is needed although it was retired: it stays", pack_name(row.number));
    return {};
  }
  TRY(state.bucket.remove(pack_name(row.number)));
  TRY(state.write_index(
      [&](sql::Transaction& tx, index::Sums&) { return index::remove_pack(tx, row.number); }));
  log_info("{} is removed: {} bytes come back", pack_name(row.number), row.indexed_bytes);
  result_.removed_bytes += row.indexed_bytes;
  return {};
}

}  // namespace argosy::store
