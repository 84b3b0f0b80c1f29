// store/pending.h - what has been written to packs and waits for the next batch of the index.
#pragma once
#include <map>
#include <mutex>
#include <optional>
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
  void add_chunk(ChunkKey const& key, Location const& location);
  void add_placement(Placement const& placement, std::uint64_t sequence);
  void add_lookup(Domain domain, ByteView name, ChunkId const& id, ByteView sealed);
  std::optional<Location> find_chunk(ChunkKey const& key);
  /// As find_chunk; what is found is written with a generation of now or later.
  std::optional<Location> count_on(ChunkKey const& key);
  std::optional<Bytes> find_lookup(Domain domain, ByteView name);
  /// What waits here of this chunk at this place is not (it was found damaged).
  void forget_chunk(ChunkKey const& key, Location const& at);
  /// What waits here of this chunk at `from` lies there now.
  void move_chunk(ChunkKey const& key, Location const& from, std::int64_t pack, std::uint64_t offset_bytes);
  std::size_t size();

  // For what lies in packs that failed (no flush is under way):
  std::vector<std::pair<ChunkKey, Location>> chunks_in(std::set<std::int64_t> const& packs);
  /// As records, with the sequences that they had.
  std::vector<Record> placements();

  /// Takes what waits; the caller, one at a time, reads it without a lock, then says done or failed.
  PendingRows const& begin_flush();
  /// A chunk that was taken, as it is now; nothing if it was forgotten since.
  std::optional<Location> find_taken(ChunkKey const& key);
  void flush_done();
  void flush_failed();

 private:
  std::optional<Location> find_flushing(ChunkKey const& key) const;  // with the lock held

  std::mutex mutex_;
  PendingRows active_;
  PendingRows flushing_;
  /// What has changed since of chunks in `flushing_`, which is read without a lock: where they lie, or
  /// (nothing) that they are forgotten.
  std::unordered_map<ChunkKey, std::optional<Location>, ChunkKeyHash> changed_;
};

}  // namespace argosy::store
