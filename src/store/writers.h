// store/writers.h - the packs that are being written: a few, so that uploads do not wait for each other.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "store/store.h"

namespace argosy::store {

std::string pack_name(std::int64_t number);
/// Nothing if the object is no pack of ours.
std::optional<std::int64_t> pack_number(std::string_view name);

class Writers {
 public:
  Writers(bucket::Bucket& bucket, StoreOptions const& options)
      : bucket_(bucket), options_(options), slots_(options.writers) {}

  /// Before anything is written: the first number that no pack has had.
  void start(std::int64_t next_number, std::uint64_t next_sequence) {
    next_number_ = next_number;
    next_sequence_ = next_sequence;
  }
  /// False, and `writer` is left alone, if all places are taken.
  bool adopt(std::int64_t number, std::unique_ptr<PackWriter>& writer);

  /// Appends to one of the packs; gives a sequence to the records that have none. `written` runs before
  /// another append or a snapshot can see this pack, so that no record is ever behind a snapshot's mark
  /// without being in its batch.
  Result<void> append(std::span<Record> records, std::span<ByteView const> payloads,
                      std::function<void(std::int64_t pack)> const& written);

  struct Mark {
    PackRow row;
    std::shared_ptr<PackWriter> writer;
    bool full = false;
  };
  /// Stops all appends for a moment, runs `at_rest`, and tells how far each pack that changed has come.
  std::vector<Mark> mark(std::function<void()> const& at_rest);
  /// The marked packs were not brought into the index: tell of them again next time. Gives up those whose
  /// writer is spent, and returns their numbers: what of them is not in the index must be written anew.
  std::set<std::int64_t> mark_again(std::vector<Mark> marks);
  /// If that pack is being written, the next flush seals it. False if it is not.
  bool close(std::int64_t number);
  /// Of the next pack that is begun.
  std::int64_t next_number() const { return next_number_; }
  std::uint64_t next_sequence() const { return next_sequence_; }

 private:
  struct Slot {
    std::mutex mutex;
    std::int64_t number = 0;
    std::shared_ptr<PackWriter> writer;  // shared with the flush that syncs it while appends go on
    bool dirty = false;
  };
  void set_aside(Slot& slot, bool seal);
  Result<void> append_to(Slot& slot, std::span<Record> records, std::span<ByteView const> payloads,
                         std::function<void(std::int64_t pack)> const& written);

  bucket::Bucket& bucket_;
  StoreOptions const options_;
  std::vector<Slot> slots_;
  std::atomic<std::size_t> turn_ = 0;
  std::atomic<std::int64_t> next_number_ = 1;
  std::atomic<std::uint64_t> next_sequence_ = 1;
  std::mutex full_mutex_;  // guards full_
  std::vector<Mark> full_;
};

}  // namespace argosy::store
