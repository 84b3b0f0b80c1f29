// store/index.h - where each chunk lies: a database of its own, written in batches, rebuildable from the
// packs.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/session.h"
#include "store/pack.h"

namespace argosy::store {

/// staged: a node whose subtree is not whole here yet. closed: it and everything below it is here. damaged:
/// its bytes did not match its id when they were last read; counts as absent.
enum class ChunkState : std::int64_t { staged = 0, closed = 1, damaged = 2 };

struct Location {
  std::int64_t pack = 0;
  std::uint64_t offset_bytes = 0;
  std::uint32_t length_bytes = 0;
  std::uint8_t level = 0;
  ChunkState state = ChunkState::staged;
};

/// A chunk's row. The key is (domain, id).
struct ChunkRow {
  Domain domain = 0;
  ChunkId id;
  Location location;
};

struct PackRow {
  std::int64_t number = 0;
  std::string name;
  std::uint64_t indexed_bytes = 0;  ///< records before this offset are in the index, and durable
  bool sealed = false;
};

struct PlacementRow {
  std::uint64_t block = 0;
  Bytes reference;
};

/// Free functions on one transaction of the index's database.
namespace index {

Result<void> create_schema(sql::Session& session);

/// Keeps a row that is already there unless that one is damaged; a staged one may become closed.
Result<void> save_chunk(sql::Transaction& tx, ChunkRow const& row, std::int64_t generation);
Result<std::optional<Location>> find_chunk(sql::Transaction& tx, Domain domain, ChunkId const& id);
Result<void> set_chunk_state(sql::Transaction& tx, Domain domain, ChunkId const& id, ChunkState state);
/// True if any chunk of the domain is damaged: then a closed node is no proof of what lies below it.
Result<bool> has_damage(sql::Transaction& tx, Domain domain);
/// Staged nodes of one level, in order of (domain, id), after the given one.
Result<std::vector<ChunkRow>> staged_nodes(sql::Transaction& tx, std::uint8_t level, Domain after_domain,
                                           ChunkId const& after_id, std::size_t limit);

/// The write with the highest sequence wins.
Result<void> save_placement(sql::Transaction& tx, Placement const& placement, std::uint64_t sequence);
/// In order of block, from `from_block` on.
Result<std::vector<PlacementRow>> placements(sql::Transaction& tx, std::string_view upload,
                                             std::uint64_t from_block, std::size_t limit);
Result<void> remove_placements(sql::Transaction& tx, std::string_view upload);

Result<void> save_lookup(sql::Transaction& tx, Domain domain, ByteView name, ByteView sealed);
Result<std::optional<Bytes>> find_lookup(sql::Transaction& tx, Domain domain, ByteView name);

Result<void> save_pack(sql::Transaction& tx, PackRow const& row);
Result<std::vector<PackRow>> packs(sql::Transaction& tx);

/// Numbers that the store keeps: "generation", "sequence".
Result<std::int64_t> number(sql::Transaction& tx, std::string_view name, std::int64_t otherwise);
Result<void> save_number(sql::Transaction& tx, std::string_view name, std::int64_t value);

}  // namespace index
}  // namespace argosy::store
