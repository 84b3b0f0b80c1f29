// store/pending.h - what has been written to packs and waits for the next batch of the index.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "store/index.h"

namespace argosy::store {

struct ChunkKey {
  Domain domain = 0;
  ChunkId id;
  bool operator==(ChunkKey const&) const = default;
};
struct ChunkKeyHash {
  std::size_t operator()(ChunkKey const& key) const {
    return std::hash<ChunkId>()(key.id) ^ std::hash<Domain>()(key.domain);
  }
};

struct PendingRows {
  std::unordered_map<ChunkKey, Location, ChunkKeyHash> chunks;
  std::map<std::pair<std::string, std::uint64_t>, std::pair<std::uint64_t, Bytes>>
      placements;  ///< sequence, reference
  struct Lookup {
    ChunkId id;
    Bytes sealed;
  };
  std::map<std::pair<Domain, Bytes>, Lookup> lookups;

  std::size_t size() const { return chunks.size() + placements.size() + lookups.size(); }
  bool empty() const { return size() == 0; }
};

/// Two generations: `active` takes new rows, `flushing` is on its way into the index; both are read. Any
/// thread.
class Pending {
 public:
  void add_chunk(ChunkKey const& key, Location const& location) {
    std::lock_guard lock(mutex_);
    auto [at, fresh] = active_.chunks.try_emplace(key, location);
    if (!fresh && location.state == ChunkState::closed) at->second.state = ChunkState::closed;
  }
  void add_placement(Placement const& placement, std::uint64_t sequence) {
    std::lock_guard lock(mutex_);
    auto& row = active_.placements[{placement.upload, placement.block}];
    if (row.first < sequence) row = {sequence, placement.reference};
  }
  void add_lookup(Domain domain, ByteView name, ChunkId const& id, ByteView sealed) {
    std::lock_guard lock(mutex_);
    active_.lookups[{domain, to_bytes(name)}] = {id, to_bytes(sealed)};
  }
  std::optional<Location> find_chunk(ChunkKey const& key) {
    std::lock_guard lock(mutex_);
    for (auto const* rows : {&active_, &flushing_})
      if (auto found = rows->chunks.find(key); found != rows->chunks.end()) return found->second;
    return std::nullopt;
  }
  /// As find_chunk; what is found is written with a generation of now or later.
  std::optional<Location> count_on(ChunkKey const& key) {
    std::lock_guard lock(mutex_);
    if (auto found = active_.chunks.find(key); found != active_.chunks.end()) return found->second;
    auto found = flushing_.chunks.find(key);
    if (found == flushing_.chunks.end()) return std::nullopt;
    active_.chunks.insert(*found);  // the flush under way may have an older generation
    return found->second;
  }
  std::optional<Bytes> find_lookup(Domain domain, ByteView name) {
    std::lock_guard lock(mutex_);
    std::pair<Domain, Bytes> key{domain, to_bytes(name)};
    for (auto const* rows : {&active_, &flushing_})
      if (auto found = rows->lookups.find(key); found != rows->lookups.end()) return found->second.sealed;
    return std::nullopt;
  }
  /// What waits here of this chunk at this place is not (it was found damaged).
  void forget_chunk(ChunkKey const& key, Location const& at) {
    std::lock_guard lock(mutex_);
    auto found = active_.chunks.find(key);
    if (found != active_.chunks.end() && found->second.same_place(at)) active_.chunks.erase(found);
  }
  std::size_t size() {
    std::lock_guard lock(mutex_);
    return active_.size();
  }

  // For what lies in packs that failed (no flush is under way):
  std::vector<std::pair<ChunkKey, Location>> chunks_in(std::set<std::int64_t> const& packs) {
    std::lock_guard lock(mutex_);
    std::vector<std::pair<ChunkKey, Location>> found;
    for (auto const& row : active_.chunks)
      if (packs.contains(row.second.pack)) found.push_back(row);
    return found;
  }
  void move_chunk(ChunkKey const& key, std::int64_t pack, std::uint64_t offset_bytes) {
    std::lock_guard lock(mutex_);
    auto found = active_.chunks.find(key);
    if (found == active_.chunks.end()) return;
    found->second.pack = pack;
    found->second.offset_bytes = offset_bytes;
  }
  /// As records, with the sequences that they had.
  std::vector<Record> placements() {
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

  /// Takes what waits; the caller, one at a time, reads it without a lock, then says done or failed.
  PendingRows const& begin_flush() {
    std::lock_guard lock(mutex_);
    std::swap(active_, flushing_);
    return flushing_;
  }
  void flush_done() {
    PendingRows gone;  // freed outside the lock
    std::lock_guard lock(mutex_);
    std::swap(gone, flushing_);
  }
  void flush_failed() {
    std::lock_guard lock(mutex_);
    active_.chunks.merge(flushing_.chunks);
    for (auto& [key, row] : flushing_.placements)
      if (auto& now = active_.placements[key]; now.first < row.first) now = std::move(row);
    active_.lookups.merge(flushing_.lookups);
    flushing_ = {};
  }

 private:
  std::mutex mutex_;
  PendingRows active_;
  PendingRows flushing_;
};

}  // namespace argosy::store
