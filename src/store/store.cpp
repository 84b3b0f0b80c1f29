// store/store.cpp - see store.h.
#include "store/store.h"

#include <algorithm>

#include "base/log.h"
#include "store/pack_contents.h"
#include "store/recovery.h"
#include "store/state.h"

namespace argosy::store {
namespace {

std::uint64_t end_of(Location const& at) { return at.offset_bytes + at.length_bytes; }

/// Rows of a journal that are removed in one transaction, for which flushes wait: some ten milliseconds. A
/// full disk of 64 TiB has 134 million.
constexpr std::int64_t kForgottenAtOnce = 8'192;

}  // namespace

Store::Pin::Pin(State& state) : state_(&state), generation_(state.pins.take()) {}
Store::Pin::~Pin() {
  if (state_ != nullptr) state_->pins.release(generation_);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() {
  if (auto flushed = flush(); !flushed) log_error("the last flush failed: {}", flushed.error().message);
}

Result<std::unique_ptr<Store>> Store::open(bucket::Bucket& bucket, sql::Pool& sessions,
                                           StoreOptions const& options) {
  auto state = std::make_unique<State>(bucket, sessions, options);
  auto recovered = TRY(recover(bucket, sessions, state->writers));
  state->pins.start(recovered.generation);
  state->damage_found = recovered.lost_chunks;
  state->journal_damaged = recovered.journal_damaged;
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Result<std::vector<Presence>> Store::count_on(Domain domain, std::span<ChunkId const> ids) {
  auto session = TRY(state_->sessions.take());
  std::shared_lock lock(state_->gate);
  auto tx = TRY(sql::Transaction::begin(*session, sql::Access::read));
  std::vector<std::optional<Location>> found;
  for (auto const& id : ids) found.push_back(state_->pending.count_on({domain, id}));  // first: see locate
  bool closed_nodes = false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& at = found[i];
    if (!at) at = TRY(state_->count_on_row(tx, domain, ids[i]));
    closed_nodes = closed_nodes || (at && at->level > 0 && at->state == ChunkState::closed);
  }
  bool const damage = closed_nodes && TRY(index::has_damage(tx, domain));
  std::vector<Presence> out;
  out.reserve(found.size());
  for (auto const& at : found) {
    bool const whole = at && at->state == ChunkState::closed && (at->level == 0 || !damage);
    if (!at) out.push_back(Presence::absent);
    if (at) out.push_back(whole ? Presence::closed : Presence::staged);
  }
  return out;
}

Result<bool> Store::contains(Domain domain, ChunkId const& id) {
  auto found = TRY(count_on(domain, std::span(&id, 1)));
  return found.front() == Presence::closed;
}

Result<Bytes> Store::get(Domain domain, ChunkId const& id) {
  std::optional<Location> before;
  while (true) {
    auto at = TRY(state_->read_index([&](sql::Transaction& tx) { return state_->locate(tx, domain, id); }));
    if (!at) return fail(Fault::not_found, "chunk " + id.hex() + " is not here");
    auto stored = state_->read(id, *at);
    if (stored || stored.error().fault != Fault::corrupt) return stored;
    if (before && before->same_place(*at)) {
      if (auto recorded = state_->report_damage(domain, id, *at); !recorded)
        log_error("cannot record the damage: {}", recorded.error().message);
      return stored;
    }
    before = at;  // it may have moved meanwhile: look once more
  }
}

Result<void> Store::get_framed(Domain domain, std::span<ChunkId const> ids, Bytes& out) {
  auto const locations =
      TRY(state_->read_index([&](sql::Transaction& tx) { return state_->locate(tx, domain, ids); }));
  std::size_t total = out.size();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!locations[i]) return fail(Fault::not_found, "chunk " + ids[i].hex() + " is not here");
    total += 4 + locations[i]->length_bytes;
  }
  out.reserve(total);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto const& at = *locations[i];
    put_le(out, at.length_bytes);
    auto start = out.size();
    out.resize(start + at.length_bytes);
    auto read = state_->bucket.read(pack_name(at.pack), at.offset_bytes, std::span(out).subspan(start));
    if (read) continue;
    auto stored = TRY(get(domain, ids[i]));  // it may have moved meanwhile
    std::ranges::copy(stored, out.begin() + static_cast<std::ptrdiff_t>(start));
  }
  return {};
}

Result<void> Store::put(Domain domain, NewChunk const& chunk, std::optional<Placement> placement) {
  bool here = TRY(contains(domain, chunk.id));
  if (!here) return state_->append(domain, std::span(&chunk, 1), ChunkState::closed, std::move(placement));
  return placement ? place(domain, *std::move(placement)) : Result<void>{};
}

Result<void> Store::put_blocks(Domain domain, std::span<NewChunk const> chunks,
                               std::optional<Placement> placement) {
  if (chunks.empty()) return {};
  return state_->append(domain, chunks, ChunkState::closed, std::move(placement));
}

Result<void> Store::stage_nodes(Domain domain, std::span<NewChunk const> chunks,
                                std::optional<Placement> placement) {
  if (chunks.empty()) return {};
  return state_->append(domain, chunks, ChunkState::staged, std::move(placement));
}

Result<void> Store::close_node(Domain domain, ChunkId const& id) {
  {
    auto session = TRY(state_->sessions.take());
    std::shared_lock lock(state_->gate);  // or the row would come back, as closed, that is dropped meanwhile
    auto tx = TRY(sql::Transaction::begin(*session, sql::Access::read));
    auto at = TRY(state_->locate(tx, domain, id));
    if (!at) return fail(Fault::not_found, "node " + id.hex() + " is not here");
    at->state = ChunkState::closed;
    state_->pending.add_chunk({domain, id}, *at);
  }
  return state_->flush_if_many();
}

Result<void> Store::place(Domain domain, Placement placement) {
  Record record;
  record.domain = domain;
  record.placement = std::move(placement);
  ByteView const nothing;
  TRY(state_->flush_if_many());
  return state_->writers.append(std::span(&record, 1), std::span(&nothing, 1), [&](std::int64_t) {
    state_->pending.add_placement(*record.placement, record.sequence);
  });
}

Result<std::vector<PlacementRow>> Store::placements(std::string_view upload, std::uint64_t from_block,
                                                    std::size_t limit) {
  TRY(flush());
  return state_->read_index(
      [&](sql::Transaction& tx) { return index::placements(tx, upload, from_block, limit); });
}

Result<std::optional<std::string>> Store::next_upload(std::string_view after) {
  return state_->read_index([&](sql::Transaction& tx) { return index::next_upload(tx, after); });
}

Result<void> Store::remove_placements(std::string_view upload) {
  TRY(flush());  // what still waits in memory would come back with the next flush
  bool more = true;
  while (more)
    TRY(state_->write_index([&](sql::Transaction& tx, index::Sums&) -> Result<void> {
      auto const removed = TRY(index::remove_placements(tx, upload, kForgottenAtOnce));
      more = removed == kForgottenAtOnce;
      return {};
    }));
  return {};
}

Result<void> Store::remember(Domain domain, ByteView name, ChunkId const& id, ByteView sealed) {
  state_->pending.add_lookup(domain, name, id, sealed);
  return state_->flush_if_many();
}

Result<std::optional<Bytes>> Store::recall(Domain domain, ByteView name) {
  if (auto found = state_->pending.find_lookup(domain, name)) return found;
  return state_->read_index([&](sql::Transaction& tx) { return index::find_lookup(tx, domain, name); });
}

Result<void> Store::flush() { return state_->flush(); }

Result<std::map<Domain, DomainTotals>> Store::totals() { return state_->read_index(index::domain_totals); }

bool Store::journal_damaged() const { return state_->journal_damaged; }
Result<void> Store::forget_journal_damage() {
  TRY(state_->write_index(
      [](sql::Transaction& tx, index::Sums&) { return index::save_number(tx, index::kJournalDamaged, 0); }));
  state_->journal_damaged = false;
  return {};
}
std::uint64_t Store::damage_found() const { return state_->damage_found; }

Result<Store::PackTotals> Store::pack_totals() {
  PackTotals totals;
  std::map<std::int64_t, bool> retired;
  TRY(state_->read_index([&](sql::Transaction& tx) -> Result<void> {
    totals.damaged_chunks = TRY(index::count_damaged(tx));
    auto rows = TRY(index::packs(tx, 0, index::kMaxPacks));
    for (auto const& row : rows) retired[row.number] = row.retired.has_value();
    return {};
  }));
  auto objects = TRY(state_->bucket.list());
  for (auto const& object : objects) {
    auto const number = pack_number(object.name);
    if (!number) continue;
    ++totals.packs;
    totals.stored_bytes += object.size_bytes;
    if (auto known = retired.find(*number); known != retired.end() && known->second)
      totals.waiting_bytes += object.size_bytes;
  }
  return totals;
}

Result<std::uint64_t> Store::count_lacking(bucket::Bucket& copies, std::string_view pack,
                                           std::span<ByteRange const> ranges) {
  auto const number = pack_number(pack);
  if (!number) return 0;
  std::uint64_t bytes = 0;
  auto const chunks = TRY(live_by_index(*state_, *number));
  for (auto const& chunk : chunks) {
    auto const begin = chunk.location.offset_bytes;
    auto const end = end_of(chunk.location);
    auto const range = std::ranges::upper_bound(ranges, begin, {}, &ByteRange::end_bytes);
    if (range == ranges.end() || range->begin_bytes >= end) continue;
    auto const copy = State::read_from(copies, chunk.id, chunk.location);
    if (!copy && copy.error().fault == Fault::unavailable) return std::unexpected(copy.error());
    if (!copy) bytes += chunk.location.length_bytes;
  }
  return bytes;
}

Result<std::vector<ByteRange>> Store::find_whole(bucket::Bucket& copies, std::string_view pack) {
  std::vector<ByteRange> whole;
  auto const number = pack_number(pack);
  if (!number) return whole;
  auto const damaged = TRY(state_->read_index([&](sql::Transaction& tx) {
    return index::damaged_chunks_of_pack(tx, *number, state_->options.pack_records);
  }));
  if (damaged.empty()) return whole;
  auto const live = TRY(live_by_index(*state_, *number));
  for (auto const& chunk : damaged) {
    auto const begin = chunk.location.offset_bytes;
    auto const end = end_of(chunk.location);
    auto const next = std::ranges::partition_point(
        live, [&](ChunkRow const& row) { return end_of(row.location) <= begin; });
    // A pack that lost its end may have been written on: then something else lies there now.
    if (next != live.end() && next->location.offset_bytes < end + kRecordHeaderBytes) continue;
    auto const copy = State::read_from(copies, chunk.id, chunk.location);
    if (!copy && copy.error().fault == Fault::unavailable) return std::unexpected(copy.error());
    if (!copy) continue;
    // With its head, which may be damaged, too. How long that is the index does not say.
    auto const before = next == live.begin() ? 0 : end_of(std::prev(next)->location);
    auto const head = begin - std::min<std::uint64_t>(begin, kRecordHeaderBytes + kMaxTagBytes);
    whole.push_back({std::max({head, before, whole.empty() ? 0 : whole.back().end_bytes}), end});
  }
  return whole;
}

}  // namespace argosy::store
