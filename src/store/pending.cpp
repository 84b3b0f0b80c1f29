// store/pending.cpp - see pending.h.
#include "store/pending.h"

namespace argosy::store {

void Pending::add_chunk(ChunkKey const& key, Location const& location) {
  std::lock_guard lock(mutex_);
  auto [at, fresh] = active_.chunks.try_emplace(key, location);
  if (!fresh && location.state == ChunkState::closed) at->second.state = ChunkState::closed;
}

void Pending::add_placement(Placement const& placement, std::uint64_t sequence) {
  std::lock_guard lock(mutex_);
  auto& row = active_.placements[{placement.upload, placement.block}];
  if (row.first < sequence) row = {sequence, placement.reference};
}

void Pending::add_lookup(Domain domain, ByteView name, ChunkId const& id, ByteView sealed) {
  std::lock_guard lock(mutex_);
  active_.lookups[{domain, to_bytes(name)}] = {id, to_bytes(sealed)};
}

std::optional<Location> Pending::find_flushing(ChunkKey const& key) const {
  if (auto const changed = changed_.find(key); changed != changed_.end()) return changed->second;
  auto const found = flushing_.chunks.find(key);
  return found != flushing_.chunks.end() ? std::optional(found->second) : std::nullopt;
}

std::optional<Location> Pending::find_chunk(ChunkKey const& key) {
  std::lock_guard lock(mutex_);
  if (auto found = active_.chunks.find(key); found != active_.chunks.end()) return found->second;
  return find_flushing(key);
}

std::optional<Location> Pending::count_on(ChunkKey const& key) {
  std::lock_guard lock(mutex_);
  if (auto found = active_.chunks.find(key); found != active_.chunks.end()) return found->second;
  auto const found = find_flushing(key);
  if (found) active_.chunks.emplace(key, *found);  // the flush under way may have an older generation
  return found;
}

std::optional<Bytes> Pending::find_lookup(Domain domain, ByteView name) {
  std::lock_guard lock(mutex_);
  std::pair<Domain, Bytes> key{domain, to_bytes(name)};
  for (auto const* rows : {&active_, &flushing_})
    if (auto found = rows->lookups.find(key); found != rows->lookups.end()) return found->second.sealed;
  return std::nullopt;
}

void Pending::forget_chunk(ChunkKey const& key, Location const& at) {
  std::lock_guard lock(mutex_);
  auto found = active_.chunks.find(key);
  if (found != active_.chunks.end() && found->second.same_place(at)) active_.chunks.erase(found);
  auto const flushing = find_flushing(key);
  if (flushing && flushing->same_place(at)) changed_[key] = std::nullopt;
}

void Pending::move_chunk(ChunkKey const& key, Location const& from, std::int64_t pack,
                         std::uint64_t offset_bytes) {
  std::lock_guard lock(mutex_);
  auto const move = [&](Location& at) {
    at.pack = pack;
    at.offset_bytes = offset_bytes;
  };
  auto found = active_.chunks.find(key);
  if (found != active_.chunks.end() && found->second.same_place(from)) move(found->second);
  auto flushing = find_flushing(key);
  if (!flushing || !flushing->same_place(from)) return;
  move(*flushing);
  changed_[key] = flushing;
}

std::size_t Pending::size() {
  std::lock_guard lock(mutex_);
  return active_.size();
}

std::vector<std::pair<ChunkKey, Location>> Pending::chunks_in(std::set<std::int64_t> const& packs) {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<ChunkKey, Location>> found;
  for (auto const& row : active_.chunks)
    if (packs.contains(row.second.pack)) found.push_back(row);
  return found;
}

std::vector<Record> Pending::placements() {
  std::lock_guard lock(mutex_);
  std::vector<Record> found;
  for (auto const& [key, row] : active_.placements) {
    Record record;
    record.sequence = row.first;
    record.placement = Placement{key.first, key.second, row.second};
    found.push_back(std::move(record));
  }
  return found;
}

PendingRows const& Pending::begin_flush() {
  std::lock_guard lock(mutex_);
  std::swap(active_, flushing_);
  return flushing_;
}

std::optional<Location> Pending::find_taken(ChunkKey const& key) {
  std::lock_guard lock(mutex_);
  return find_flushing(key);
}

void Pending::flush_done() {
  PendingRows gone;  // freed outside the lock
  std::lock_guard lock(mutex_);
  std::swap(gone, flushing_);
  changed_.clear();
}

void Pending::flush_failed() {
  std::lock_guard lock(mutex_);
  for (auto const& [key, at] : changed_) {
    if (at) flushing_.chunks[key] = *at;
    if (!at) flushing_.chunks.erase(key);
  }
  changed_.clear();
  active_.chunks.merge(flushing_.chunks);
  for (auto& [key, row] : flushing_.placements)
    if (auto& now = active_.placements[key]; now.first < row.first) now = std::move(row);
  active_.lookups.merge(flushing_.lookups);
  flushing_ = {};
}

}  // namespace argosy::store
