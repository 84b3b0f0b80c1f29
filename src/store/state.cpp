// store/state.cpp - see state.h.
#include "store/state.h"

#include "base/log.h"

namespace argosy::store {

Result<std::vector<std::optional<Location>>> Store::State::locate(sql::Transaction& tx, Domain domain,
                                                                  std::span<ChunkId const> ids) {
  // What waits comes first, for all of them: the first look at the index fixes what can be seen there, and
  // what a flush brings into it after that would be found in neither.
  std::vector<std::optional<Location>> found;
  for (auto const& id : ids) found.push_back(pending.find_chunk({domain, id}));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (found[i]) continue;
    auto const row = TRY(index::find_chunk(tx, domain, ids[i]));
    if (row && row->location.state != ChunkState::damaged) found[i] = row->location;
  }
  return found;
}

Result<std::optional<Location>> Store::State::count_on_row(sql::Transaction& tx, Domain domain,
                                                           ChunkId const& id) {
  auto const row = TRY(index::find_chunk(tx, domain, id));
  if (!row || row->location.state == ChunkState::damaged) return std::nullopt;
  if (row->generation < pins.generation()) pending.add_chunk({domain, id}, row->location);
  return row->location;
}

Result<Bytes> Store::State::read_from(bucket::Bucket& packs, ChunkId const& id, Location const& at) {
  Bytes stored(at.length_bytes);
  auto done = packs.read(pack_name(at.pack), at.offset_bytes, stored);
  if (!done && done.error().fault == Fault::unavailable) return std::unexpected(std::move(done).error());
  if (!done || digest::sha256(stored) != id) return fail(Fault::corrupt, "chunk " + id.hex() + " is damaged");
  return stored;
}

Result<void> Store::State::append(Domain domain, std::span<NewChunk const> chunks, ChunkState state,
                                  std::optional<Placement> placement) {
  std::vector<Record> records(chunks.size());
  std::vector<ByteView> payloads;
  std::vector<std::uint8_t> levels;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    auto header = TRY(decode_chunk_header(chunks[i].stored));
    levels.push_back(header.level);
    records[i].domain = domain;
    records[i].id = chunks[i].id;
    payloads.push_back(chunks[i].stored);
  }
  if (placement) records.front().placement = std::move(placement);
  TRY(flush_if_many());  // before: a write that is refused leaves nothing
  return writers.append(records, payloads, [&](std::int64_t pack) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      auto const& record = records[i];
      pending.add_chunk({domain, record.id},
                        {pack, record.payload_offset, record.payload_bytes, levels[i], state});
      if (record.placement) pending.add_placement(*record.placement, record.sequence);
    }
  });
}

Result<void> Store::State::flush() {
  std::lock_guard lock(flush_mutex);
  auto saved = flush_once();
  if (saved || failed_packs.empty()) return saved;
  log_warning("{}: what was not durable yet is written to another pack", saved.error().message);
  return flush_once();
}

/// After a failed sync the kernel may have dropped what it could not write, and says so only once: nothing
/// but writing it elsewhere makes it durable. It can still be read.
Result<void> Store::State::write_anew() {
  if (failed_packs.empty()) return {};
  for (auto const& [key, at] : pending.chunks_in(failed_packs)) {
    auto stored = read(key.id, at);
    if (!stored && stored.error().fault != Fault::corrupt) return std::unexpected(std::move(stored).error());
    if (!stored) {
      TRY(report_damage(key.domain, key.id, at));
      continue;
    }
    Record record;
    record.domain = key.domain;
    record.id = key.id;
    ByteView const payload = *stored;
    TRY(writers.append(std::span(&record, 1), std::span(&payload, 1),
                       [&](std::int64_t pack) { pending.move_chunk(key, at, pack, record.payload_offset); }));
  }
  for (auto& record : pending.placements()) {
    ByteView const nothing;
    TRY(writers.append(std::span(&record, 1), std::span(&nothing, 1), [](std::int64_t) {}));
  }
  failed_packs.clear();
  return {};
}

Result<void> Store::State::save_taken(sql::Transaction& tx, index::Sums& sums, PendingRows const& rows) {
  auto const generation = pins.generation();
  for (auto const& [key, taken] : rows.chunks) {
    auto const at = pending.find_taken(key);
    if (!at) continue;
    ChunkRow const row{key.domain, key.id, *at, generation};
    auto const saved = TRY(index::save_chunk(tx, sums, row, index::Verified::no));
    // Of two copies the index keeps one: nobody may look for the chunk where the other's pack was.
    if (!saved.location.same_place(*at))
      pending.move_chunk(key, *at, saved.location.pack, saved.location.offset_bytes);
  }
  return {};
}

Result<void> Store::State::flush_once() {
  TRY(write_anew());
  PendingRows const* rows = nullptr;
  auto marks = writers.mark([&] { rows = &pending.begin_flush(); });
  if (rows->empty() && marks.empty()) return {};
  auto saved = [&]() -> Result<void> {
    for (auto& mark : marks) {
      if (mark.full) TRY(mark.writer->seal());
      if (!mark.full) TRY(mark.writer->sync());
    }
    return write_index([&](sql::Transaction& tx, index::Sums& sums) -> Result<void> {
      TRY(save_taken(tx, sums, *rows));
      for (auto const& [key, row] : rows->placements)
        TRY(index::save_placement(tx, {key.first, key.second, row.second}, row.first));
      for (auto const& [key, lookup] : rows->lookups)
        TRY(index::save_lookup(tx, key.first, key.second, lookup.id, lookup.sealed));
      for (auto const& mark : marks) TRY(index::save_pack(tx, mark.row));
      TRY(index::save_number(tx, index::kNextPack, writers.next_number()));
      return index::save_number(tx, "sequence", static_cast<std::int64_t>(writers.next_sequence()));
    });
  }();
  if (saved) {
    pending.flush_done();
  } else {
    pending.flush_failed();
    failed_packs.merge(writers.mark_again(std::move(marks)));
  }
  return saved;
}

Result<void> Store::State::report_damage(Domain domain, ChunkId const& id, Location const& at) {
  log_error("chunk {} of domain {:012} is damaged in {} at {}: counts as absent", id.hex(), domain,
            pack_name(at.pack), at.offset_bytes);
  ++damage_found;
  return change_index_alone([&](sql::Transaction& tx, index::Sums& sums) -> Result<void> {
    pending.forget_chunk({domain, id}, at);
    ChunkRow const row{domain, id, at, pins.generation()};
    TRY(index::save_chunk(tx, sums, row, index::Verified::no));  // it may have been pending only
    return index::mark_damaged(tx, sums, row);
  });
}

}  // namespace argosy::store
