// store/scrub.cpp - see scrub.h.
#include "store/scrub.h"

#include "base/log.h"
#include "store/pack_contents.h"
#include "store/state.h"

namespace argosy::store {

Result<bool> Scrub::step(Time now) {
  auto& state = store_.state();
  std::lock_guard lock(state.upkeep_mutex);  // what a collection takes away meanwhile would look like damage
  if (after_ == 0) TRY(store_.flush());
  auto rows = TRY(state.read_index([&](sql::Transaction& tx) { return index::packs(tx, after_, 1); }));
  if (rows.empty()) return true;
  auto const& row = rows.front();
  after_ = row.number;
  if (row.retired) return false;
  ++result_.packs;
  auto object = state.bucket.find(pack_name(row.number));
  if (!object && object.error().fault != Fault::not_found) return std::unexpected(std::move(object).error());
  if (!object) {
    ++result_.missing_packs;
    log_error("{} is missing", pack_name(row.number));
    TRY(verify_rows(row));
    TRY(forget(row));
    return false;
  }
  auto const contents = TRY(visit_live(state, row, *object, JournalCheck::no,
                                       [this](ChunkRow const& chunk) { return verify(chunk); }));
  bool const all = contents.live_bytes >= row.live_bytes;  // or the index knows more than its records name
  bool const whole = TRY(heads_are_whole(row, *object, contents.listing));
  if (all && whole) return false;
  ++result_.damaged_packs;
  if (!all) TRY(verify_rows(row));
  // As it is now: what was just found damaged is no longer among what lives in it.
  auto const current =
      TRY(state.read_index([&](sql::Transaction& tx) { return index::find_pack(tx, row.number); }));
  if (!current) return false;  // collected meanwhile
  bool const rewritten = TRY(compaction_.rewrite(*current, now));
  log_error("{} has damaged records: {}", pack_name(row.number),
            rewritten ? "what is needed of it was written again"
                      : "it is the journal of an upload under way and stays as it is");
  return false;
}

/// Once its chunks are known to be lost nothing is left to say of a pack that is not there; if it is there
/// again at a start, it is read like any that the index does not know.
Result<void> Scrub::forget(PackRow const& row) {
  return store_.state().write_index([&](sql::Transaction& tx, index::Sums&) -> Result<void> {
    auto const current = TRY(index::find_pack(tx, row.number));
    if (!current || current->live_bytes > 0) return {};
    return index::remove_pack(tx, row.number);
  });
}

/// By what the index says alone: for packs whose records cannot be listed.
Result<void> Scrub::verify_rows(PackRow const& row) {
  auto rows = TRY(live_by_index(store_.state(), row.number));
  for (auto const& chunk : rows) TRY(verify(chunk));
  return {};
}

Result<void> Scrub::verify(ChunkRow const& row) {
  auto stored = store_.state().read(row.id, row.location);
  ++result_.chunks;
  result_.bytes += row.location.length_bytes;
  if (stored) return {};
  if (stored.error().fault == Fault::unavailable) return std::unexpected(std::move(stored).error());
  ++result_.damaged_chunks;
  return store_.state().report_damage(row.domain, row.id, row.location);
}

/// The heads alone, one after the other, to the end of what is written; `listing` tells of the table.
Result<bool> Scrub::heads_are_whole(PackRow const& row, bucket::Object const& object, Listing listing) {
  auto const nothing = [](Record const&) -> Result<void> { return {}; };
  auto const end = object.sealed ? object.size_bytes : row.indexed_bytes;
  auto scanned = TRY(scan_pack(store_.state().bucket, object.name, {end, 0, end}, nothing));
  if (!object.sealed) return scanned.valid_bytes == end;
  return listing == Listing::by_table && scanned.valid_bytes + kTrailerBytes == end;
}

}  // namespace argosy::store
