// store/pack.h - packs, version 1: append-only objects of records, each with its own length, id and checksum,
// so that the pack is its own journal. Format: docs/formats/pack.md.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bucket/bucket.h"
#include "store/chunk.h"

namespace argosy::store {

inline constexpr std::uint32_t kPackVersion = 1;
inline constexpr std::size_t kPackHeaderBytes = 16;
inline constexpr std::size_t kRecordHeaderBytes = 72;
inline constexpr std::size_t kTrailerBytes = 32;
/// An upload's id, a block index and a reference with room for sealed digests and keys.
inline constexpr std::size_t kMaxTagBytes = 512;

/// That a block of an upload has this content. `reference` is the content layer's. A copy's says with a hole
/// how much it had moved (replication/disk_copy.h).
struct Placement {
  std::string upload;
  std::uint64_t block = 0;
  Bytes reference;
};

/// One record. Without a payload it only places (a hole, or a chunk that was here already).
struct Record {
  Domain domain = 0;
  ChunkId id;                  ///< of the payload; zero without one
  std::uint64_t sequence = 0;  ///< later writes have higher ones, over all packs of a region
  std::optional<Placement> placement;
  std::uint64_t payload_offset = 0;  ///< in the pack
  std::uint32_t payload_bytes = 0;   ///< 0: none
};

/// A pack being written. One thread at a time.
class PackWriter {
 public:
  static Result<std::unique_ptr<PackWriter>> create(bucket::Bucket& bucket, std::string const& name);
  /// Goes on after a crash; `durable_bytes` as Bucket::reopen takes it, `table` as `scan_pack` gave it.
  static Result<std::unique_ptr<PackWriter>> reopen(bucket::Bucket& bucket, std::string const& name,
                                                    std::uint64_t size_bytes, std::uint64_t durable_bytes,
                                                    std::uint32_t records, Bytes table);

  /// Appends; fills in payload_offset and payload_bytes of each record. `payloads[i]` belongs to
  /// `records[i]`.
  Result<void> append(std::span<Record> records, std::span<ByteView const> payloads);
  Result<void> sync();
  /// Writes the table of contents and where it begins, and seals. After a failure, or for a flush that failed
  /// behind it, it may be called again.
  Result<void> seal();

  bool spent() const { return writer_->spent(); }
  std::string const& name() const { return name_; }
  std::uint64_t size_bytes() const { return size_; }
  std::uint32_t record_count() const { return records_; }

 private:
  PackWriter(std::string name, std::unique_ptr<bucket::Writer> writer)
      : name_(std::move(name)), writer_(std::move(writer)) {}
  Result<void> write_table();

  std::string name_;
  std::unique_ptr<bucket::Writer> writer_;
  std::uint64_t size_ = 0;
  std::uint32_t records_ = 0;
  Bytes table_;  ///< the records' headers so far: the table of contents
  bool table_written_ = false;
};

struct ScanResult {
  std::uint64_t valid_bytes = 0;  ///< everything before this offset is whole
  /// Where to look for what lies behind that: behind the payload of a record whose head is whole, which may
  /// be behind the end of the pack.
  std::uint64_t resume_bytes = kPackHeaderBytes;
  bool unreadable = false;  ///< what lies there, the disk cannot read: this is no torn tail
  std::uint32_t records = 0;
  Bytes table;
};

using VisitRecord = std::function<Result<void>(Record const&)>;

/// What a scan reads: records from `from_bytes` on (0: the first one), to the end of what is written.
/// Payloads that begin at `verify_from_bytes` or later are checked against their ids.
struct ScanRange {
  std::uint64_t size_bytes = 0;
  std::uint64_t from_bytes = 0;
  std::uint64_t verify_from_bytes = 0;
};

/// Reads the records of a pack that was not sealed, in order. Ends at the first one that is not whole: behind
/// what was synced, the tail that a crash tore. `visit` may fail to stop it.
Result<ScanResult> scan_pack(bucket::Bucket& bucket, std::string const& name, ScanRange const& range,
                             VisitRecord const& visit);

/// Where the next whole record begins, from an offset on; nothing if there is none. Only for packs that are
/// damaged: bytes of a block can look like a record, even like one with a right checksum.
Result<std::optional<std::uint64_t>> find_record(bucket::Bucket& bucket, std::string const& name,
                                                 std::uint64_t size_bytes, std::uint64_t from_bytes);

/// How the records of a pack could be listed; in part: up to the first head that is not whole.
enum class Listing { by_table, by_heads, in_part };

/// The records of a pack in order, their payloads unread: of a sealed one as its table of contents lists
/// them; of one that is being written, to `written_bytes`, and where a table is not whole, as the pack itself
/// holds them.
Result<Listing> list_records(bucket::Bucket& bucket, bucket::Object const& object,
                             std::uint64_t written_bytes, VisitRecord const& visit);

}  // namespace argosy::store
