// store/index.h - where each chunk lies: a database of its own, written in batches, rebuildable from the
// packs.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
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

  bool same_place(Location const& other) const {
    return pack == other.pack && offset_bytes == other.offset_bytes;
  }
};

/// A chunk's row. The key is (domain, id).
struct ChunkRow {
  Domain domain = 0;
  ChunkId id;
  Location location;
  std::int64_t generation = 0;  ///< that last counted on it: a sweep collects only what is older than itself
};

struct PackRow {
  std::int64_t number = 0;
  std::uint64_t indexed_bytes = 0;  ///< records before this offset are in the index, and durable
  bool sealed = false;
  std::uint64_t live_bytes = 0;  ///< of the chunks that the index finds here and that are not damaged
  std::optional<Time> retired;   ///< nothing in it is needed since then; removed after a grace
};

/// What a domain stores: chunks that are here and not damaged.
struct DomainTotals {
  std::int64_t blocks = 0;
  std::int64_t block_bytes = 0;
  std::int64_t nodes = 0;
  std::int64_t node_bytes = 0;
  std::int64_t stored_bytes = 0;  ///< of its chunks in all packs, also of those that are garbage now
};

struct PlacementRow {
  std::uint64_t block = 0;
  Bytes reference;
};

/// Free functions on one transaction of the index's database.
namespace index {

/// Empties an index that another version of this program wrote: it is made anew from the packs.
Result<void> create_schema(sql::Session& session);

/// What a transaction changes in the sums per pack and per domain; saved once, at its end.
class Sums {
 public:
  void add(Domain domain, Location const& at) {
    count(domain, at, 1);
    stored_[{at.pack, domain}] += at.length_bytes;
  }
  void remove(Domain domain, Location const& at) { count(domain, at, -1); }
  void move(Domain domain, std::uint32_t length_bytes, std::int64_t from_pack, std::int64_t to_pack) {
    live_[from_pack] -= length_bytes;
    live_[to_pack] += length_bytes;
    stored_[{to_pack, domain}] += length_bytes;
  }
  Result<void> save(sql::Transaction& tx) const;

 private:
  void count(Domain domain, Location const& at, std::int64_t sign);
  std::map<std::int64_t, std::int64_t> live_;
  std::map<std::pair<std::int64_t, Domain>, std::int64_t> stored_;  ///< by pack and domain
  std::map<Domain, DomainTotals> totals_;
};

/// Whether a row's bytes were read and compared just now.
enum class Verified { no, yes };
/// Keeps a row that is already there unless that one is damaged, and the new one lies elsewhere or is
/// verified; a staged one may become closed, and the generation grows. Returns the row as it is now.
Result<ChunkRow> save_chunk(sql::Transaction& tx, Sums& sums, ChunkRow const& row, Verified verified);
Result<std::optional<ChunkRow>> find_chunk(sql::Transaction& tx, Domain domain, ChunkId const& id);
Result<void> close_chunk(sql::Transaction& tx, Domain domain, ChunkId const& id);
/// If the chunk still lies there.
Result<void> mark_damaged(sql::Transaction& tx, Sums& sums, ChunkRow const& row);
/// False if the chunk no longer lies at `from`.
Result<bool> move_chunk(sql::Transaction& tx, Sums& sums, Domain domain, ChunkId const& id,
                        Location const& from, Location const& to);
/// With what the lookup table says of it. False if it was counted on in `generation` or later.
Result<bool> drop_chunk(sql::Transaction& tx, Sums& sums, ChunkRow const& row, std::int64_t generation);
/// Blocks (level 0) or the nodes of one level, in order of (domain, id), after the given one.
Result<std::vector<ChunkRow>> chunks_of_level(sql::Transaction& tx, std::uint8_t level, Domain after_domain,
                                              ChunkId const& after_id, std::size_t limit);
Result<std::vector<ChunkRow>> damaged_chunks(sql::Transaction& tx, Domain after_domain,
                                             ChunkId const& after_id, std::size_t limit);
/// Those that the index finds in a pack and that are not damaged, in order of offset. Reads the whole index.
Result<std::vector<ChunkRow>> live_chunks_of_pack(sql::Transaction& tx, std::int64_t pack, std::size_t limit);
/// Those that it knows to be damaged there, in order of offset. Reads what is damaged alone.
Result<std::vector<ChunkRow>> damaged_chunks_of_pack(sql::Transaction& tx, std::int64_t pack,
                                                     std::size_t limit);
Result<std::int64_t> count_damaged(sql::Transaction& tx);
/// True if any chunk of the domain is damaged: then a closed node is no proof of what lies below it.
Result<bool> has_damage(sql::Transaction& tx, Domain domain);
/// Staged nodes of one level, in order of (domain, id), after the given one.
Result<std::vector<ChunkRow>> staged_nodes(sql::Transaction& tx, std::uint8_t level, Domain after_domain,
                                           ChunkId const& after_id, std::size_t limit);

/// The write with the highest sequence wins.
Result<void> save_placement(sql::Transaction& tx, Placement const& placement, std::uint64_t sequence);
/// Whether that write is the last one of its block.
Result<bool> is_current(sql::Transaction& tx, Placement const& placement, std::uint64_t sequence);
/// The first upload in order of id after the given one that has a journal; nothing at the end.
Result<std::optional<std::string>> next_upload(sql::Transaction& tx, std::string_view after);
/// In order of block, from `from_block` on.
Result<std::vector<PlacementRow>> placements(sql::Transaction& tx, std::string_view upload,
                                             std::uint64_t from_block, std::size_t limit);
/// How many were removed: all, if they are fewer than `limit`.
Result<std::int64_t> remove_placements(sql::Transaction& tx, std::string_view upload, std::int64_t limit);

/// `id` is the chunk that `sealed` speaks of: the row goes with it.
Result<void> save_lookup(sql::Transaction& tx, Domain domain, ByteView name, ChunkId const& id,
                         ByteView sealed);
Result<std::optional<Bytes>> find_lookup(sql::Transaction& tx, Domain domain, ByteView name);

/// How far it is indexed and whether it is sealed.
Result<void> save_pack(sql::Transaction& tx, PackRow const& row);
/// Without a time it is needed again.
Result<void> retire_pack(sql::Transaction& tx, std::int64_t number, std::optional<Time> when);
Result<void> remove_pack(sql::Transaction& tx, std::int64_t number);
/// Far more packs than there can be: 4 PiB of full ones.
inline constexpr std::size_t kMaxPacks = 1U << 24U;
/// In order of number, after the given one.
Result<std::vector<PackRow>> packs(sql::Transaction& tx, std::int64_t after, std::size_t limit);
Result<std::optional<PackRow>> find_pack(sql::Transaction& tx, std::int64_t number);

Result<std::map<Domain, DomainTotals>> domain_totals(sql::Transaction& tx);

/// 1 if records that the index did not know were damaged, until the uploads under way have been ended.
inline constexpr std::string_view kJournalDamaged = "journal_damaged";
/// The first number that no pack has had: a row or a backup that names one which is gone means no other.
inline constexpr std::string_view kNextPack = "next_pack";
/// Numbers that the store keeps: "version", "generation", "sequence", "swept", "journal_damaged",
/// "next_pack".
Result<std::int64_t> number(sql::Transaction& tx, std::string_view name, std::int64_t otherwise);
Result<void> save_number(sql::Transaction& tx, std::string_view name, std::int64_t value);

}  // namespace index
}  // namespace argosy::store
