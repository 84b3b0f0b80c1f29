// bucket/bucket.h - named bytes, appended to by one writer until sealed: all that the store needs of a disk
// or of S3.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace argosy::bucket {

/// Appends to one object. One thread at a time.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Writes the parts one after the other; the offset in bytes at which the first of them now lies. Readable
  /// at once and safe from the death of the process, durable after sync. After a failure nothing of it is
  /// there, and the writer goes on unless it is spent.
  virtual Result<std::uint64_t> append(std::span<ByteView const> parts) = 0;
  Result<std::uint64_t> append(ByteView data) { return append(std::span<ByteView const>(&data, 1)); }
  /// Everything appended before the call is durable on return. May run beside an append of another thread.
  virtual Result<void> sync() = 0;
  /// Durable and immutable on return.
  virtual Result<void> seal() = 0;
  /// A sync failed, or a failed append could not be taken back: the object takes no more, and what was
  /// appended since the last sync can still be read but may never become durable.
  virtual bool spent() const = 0;
};

struct Object {
  std::string name;
  std::uint64_t size_bytes;
  bool sealed;
};

class Bucket {
 public:
  virtual ~Bucket() = default;
  /// Fails with `conflict` if `name` exists: nothing is ever overwritten.
  virtual Result<std::unique_ptr<Writer>> create(std::string_view name) = 0;
  /// Goes on with an object that was not sealed (a crash), cut to `size_bytes` first. What of it lies behind
  /// `durable_bytes` is written once more: a sync that failed in a process before this one may have dropped
  /// it, and the next sync would not tell; but for what cannot be read. Fails with `conflict` if sealed.
  virtual Result<std::unique_ptr<Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                                 std::uint64_t durable_bytes) = 0;
  /// Fills `out` with the bytes from `offset_bytes` on, or `not_found`, or `corrupt` if the object is
  /// shorter or the disk cannot read them (EIO): a bad sector, or a checksum of the file system that does not
  /// match. Any thread.
  virtual Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) = 0;
  /// Fails with `not_found`.
  virtual Result<Object> find(std::string_view name) = 0;
  /// In order of name.
  virtual Result<std::vector<Object>> list() = 0;
  /// Removing what is not there succeeds.
  virtual Result<void> remove(std::string_view name) = 0;
};

std::unique_ptr<Bucket> open_memory();  // memory.cpp
/// `path` is created if absent.
Result<std::unique_ptr<Bucket>> open_directory(std::string const& path);  // directory.cpp

}  // namespace argosy::bucket
