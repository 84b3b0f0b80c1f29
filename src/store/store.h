// store/store.h - chunks of one region by id: put, get, close, flush. Blind: it never holds a key.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bucket/bucket.h"
#include "sql/session.h"
#include "store/index.h"
#include "store/node.h"
#include "store/pack.h"

namespace argosy::store {

struct StoreOptions {
  std::uint64_t pack_bytes = 256ULL << 20U;  ///< a pack is sealed at this size
  std::uint32_t pack_records = 65'536;  ///< or at this many records: bounds its table of contents in memory
  std::size_t writers = 2;              ///< packs written at the same time
  std::size_t batch_rows = 8'192;       ///< rows that wait in memory before a writer must flush them itself
};

/// Whether a chunk is here; staged: a node that is here, but not everything below it.
enum class Presence { absent, staged, closed };

/// Bytes to store under their id.
struct NewChunk {
  ChunkId id;
  ByteView stored;
};

/// Of a pack; `end_bytes` is the first byte behind it.
struct ByteRange {
  std::uint64_t begin_bytes = 0;
  std::uint64_t end_bytes = 0;
};

/// All of it is safe to call from any thread.
///
/// Durability: what `put…` and `place` return from survives the death of the process, because its record is
/// the journal. After `flush` it survives the loss of power: packs synced, then the index committed.
class Store final {
 public:
  struct State;  // state.h: for the store's own files

  /// Opens the packs in `bucket` and the index reached through `sessions`; both must outlive the store.
  /// Records that the index does not know (a crash, a lost index) are verified one by one and taken over; a
  /// torn tail is cut off.
  static Result<std::unique_ptr<Store>> open(bucket::Bucket& bucket, sql::Pool& sessions,
                                             StoreOptions const& options);
  ~Store();
  Store(Store const&) = delete;
  Store& operator=(Store const&) = delete;

  /// While it lives, nothing that was written or counted on since it was taken is collected.
  class Pin {
   public:
    explicit Pin(State& state);
    Pin(Pin&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)), generation_(other.generation_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin();

   private:
    State* state_;
    std::int64_t generation_;
  };
  /// For work that something durable names only at its end: an upload's block, the building of a manifest.
  Pin pin() { return Pin(*state_); }

  /// Which of the chunks are here. What is, is counted on: a sweep that began before this call leaves it, and
  /// one that begins later does so if a pin is held or a root leads to it.
  Result<std::vector<Presence>> count_on(Domain domain, std::span<ChunkId const> ids);
  /// True if the chunk is here and, for a node, everything below it. Counts on it.
  Result<bool> contains(Domain domain, ChunkId const& id);
  /// The stored bytes, verified against the id; also those of staged nodes. `not_found` if absent; `corrupt`
  /// if they do not match: then the chunk counts as absent from now on.
  Result<Bytes> get(Domain domain, ChunkId const& id);
  /// Reads the stored bytes of many chunks one after the other into `out` behind what is there, each after
  /// its length (4 bytes, little-endian), without verifying them: the reader at the other end does. Fails as
  /// `get` does.
  Result<void> get_framed(Domain domain, std::span<ChunkId const> ids, Bytes& out);

  /// Stores a block or a node that is whole below and, with a placement, journals that the upload has it
  /// there.
  Result<void> put(Domain domain, NewChunk const& chunk, std::optional<Placement> placement);
  /// Stores blocks that came for a copy, in one append; a placement is journalled in the record of the first.
  Result<void> put_blocks(Domain domain, std::span<NewChunk const> chunks,
                          std::optional<Placement> placement);
  /// The same of nodes whose subtrees are not whole yet.
  Result<void> stage_nodes(Domain domain, std::span<NewChunk const> chunks,
                           std::optional<Placement> placement);
  /// Declares a staged node closed: the caller has seen everything below it here.
  Result<void> close_node(Domain domain, ChunkId const& id);
  /// Journals that a block of an upload is a hole or a chunk that is here.
  Result<void> place(Domain domain, Placement placement);

  /// The blocks of an upload (the counts of a copy) in order, from `from_block` on; flushes first.
  Result<std::vector<PlacementRow>> placements(std::string_view upload, std::uint64_t from_block,
                                               std::size_t limit);
  /// The first upload in order of id after the given one that has a journal; nothing at the end.
  Result<std::optional<std::string>> next_upload(std::string_view after);
  /// Forgets an upload's journal once its snapshot is whole or given up: some thousand rows at a time, so
  /// that flushes come in between. What a failure left of it goes with the next call.
  Result<void> remove_placements(std::string_view upload);

  /// The lookup table of the content layer: a row goes with the chunk that it speaks of. Losing one costs
  /// work, never data.
  Result<void> remember(Domain domain, ByteView name, ChunkId const& id, ByteView sealed);
  Result<std::optional<Bytes>> recall(Domain domain, ByteView name);

  Result<void> flush();

  /// What is stored, by domain. What waits for a flush is not counted yet.
  Result<std::map<Domain, DomainTotals>> totals();
  struct PackTotals {
    std::int64_t packs = 0;
    std::uint64_t stored_bytes = 0;   ///< in packs
    std::uint64_t waiting_bytes = 0;  ///< of these, in packs that nothing needs and whose grace has not ended
    std::int64_t damaged_chunks = 0;
  };
  Result<PackTotals> pack_totals();
  /// Bytes of the chunks that are found in these ranges of a pack, wholly or in part, that are not damaged,
  /// and that are not whole in the pack's copy in `copies`. The ranges stand in order. By the pack's name; 0
  /// if it is none. Reads the whole index.
  Result<std::uint64_t> count_lacking(bucket::Bucket& copies, std::string_view pack,
                                      std::span<ByteRange const> ranges);
  /// Where a pack's copy in `copies` has what the pack has not: the records of the chunks that are known to
  /// be damaged here and are whole there, in order. By the pack's name; none if it is none.
  Result<std::vector<ByteRange>> find_whole(bucket::Bucket& copies, std::string_view pack);
  /// At a start records were found damaged that the index did not know: the journal of any upload under way
  /// may lack some. So until the caller has ended these and says so, durably.
  bool journal_damaged() const;
  Result<void> forget_journal_damage();
  /// How often a chunk was found damaged or lost, by the start and since.
  std::uint64_t damage_found() const;

  State& state() { return *state_; }

 private:
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace argosy::store
