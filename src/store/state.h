// store/state.h - what the store's own files share: the packs, the index, what waits between them.
#pragma once
#include <shared_mutex>

#include "base/assert.h"
#include "sql/in_transaction.h"
#include "store/pending.h"
#include "store/pins.h"
#include "store/store.h"
#include "store/writers.h"

namespace argosy::store {

struct Store::State {
  State(bucket::Bucket& packs, sql::Pool& index_sessions, StoreOptions const& store_options)
      : bucket(packs), sessions(index_sessions), options(store_options), writers(packs, store_options) {}

  bucket::Bucket& bucket;
  sql::Pool& sessions;
  StoreOptions const options;
  Writers writers;
  Pending pending;
  Pins pins;
  /// Held shared while somebody counts on chunks or closes them, exclusively (and briefly) while chunks are
  /// dropped, move or are found damaged. Taken after a session of the index, never before.
  std::shared_mutex gate;
  std::mutex upkeep_mutex;              // one step of a sweep, a compaction or a scrub at a time
  std::mutex flush_mutex;               // one flush at a time; guards failed_packs
  std::set<std::int64_t> failed_packs;  ///< what of them is not in the index must be written anew
  std::atomic<bool> journal_damaged = false;
  std::atomic<std::uint64_t> damage_found = 0;  // times, by the start and since

  template <class Function>
  auto read_index(Function function) -> decltype(function(std::declval<sql::Transaction&>())) {
    return sql::in_transaction(sessions, sql::Access::read, std::move(function));
  }
  /// `function(tx, sums)`; the sums are saved with it.
  template <class Function>
  Result<void> write_index(Function function) {
    return sql::in_transaction(sessions, sql::Access::write, [&](sql::Transaction& tx) -> Result<void> {
      index::Sums sums;
      TRY(function(tx, sums));
      return sums.save(tx);
    });
  }
  /// The same while nobody counts on anything.
  template <class Function>
  Result<void> change_index_alone(Function function) {
    auto session = TRY(sessions.take());
    auto tx = TRY(sql::Transaction::begin(*session, sql::Access::write));
    std::unique_lock lock(gate);
    index::Sums sums;
    TRY(function(tx, sums));
    TRY(sums.save(tx));
    return tx.commit();
  }

  /// Nothing for those that are absent or damaged. `tx` has read nothing yet.
  Result<std::vector<std::optional<Location>>> locate(sql::Transaction& tx, Domain domain,
                                                      std::span<ChunkId const> ids);
  Result<std::optional<Location>> locate(sql::Transaction& tx, Domain domain, ChunkId const& id) {
    auto found = TRY(locate(tx, domain, std::span(&id, 1)));
    return found.front();
  }
  /// As locate of one that does not wait; what is found is written with this generation or a later one.
  Result<std::optional<Location>> count_on_row(sql::Transaction& tx, Domain domain, ChunkId const& id);
  /// Reads and verifies; `corrupt` if the bytes are not the chunk's.
  Result<Bytes> read(ChunkId const& id, Location const& at) { return read_from(bucket, id, at); }
  /// The same from copies of the packs.
  static Result<Bytes> read_from(bucket::Bucket& packs, ChunkId const& id, Location const& at);

  Result<void> append(Domain domain, std::span<NewChunk const> chunks, ChunkState state,
                      std::optional<Placement> placement);
  Result<void> flush_if_many() { return pending.size() >= options.batch_rows ? flush() : Result<void>{}; }
  Result<void> flush();
  Result<void> flush_once();
  /// The chunks that a flush has taken, as they are now.
  Result<void> save_taken(sql::Transaction& tx, index::Sums& sums, PendingRows const& rows);
  Result<void> write_anew();
  /// It counts as absent from now on. Fails if that cannot be recorded: then it is found again.
  Result<void> report_damage(Domain domain, ChunkId const& id, Location const& at);
};

}  // namespace argosy::store
