// tests/support/disk.h - a disk in memory that forgets what was not synced, and whose n-th write fails: under
// a Bucket and, as a VFS of SQLite, under the databases.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "bucket/bucket.h"

namespace argosy::tests {

/// What of the unsynced writes a loss of power leaves.
enum class Leaves { nothing, everything, any_sectors };

/// Any thread. Lives longer than what was opened on it.
class Disk {
 public:
  struct File;
  using FilePointer = std::shared_ptr<File>;  // outlives its removal while it is open, as a file does
  struct SharedMemory {
    std::vector<std::unique_ptr<std::byte[]>> regions;
  };

  Disk();
  ~Disk();
  Disk(Disk const&) = delete;
  Disk& operator=(Disk const&) = delete;

  /// Where databases lie: sql::open_sqlite(disk.folder() + "/index.db", …).
  std::string const& folder() const { return folder_; }
  /// Packs and the like, in a folder of that name.
  std::unique_ptr<bucket::Bucket> open_bucket(std::string const& name);

  /// Kills the process: whatever is open fails from now on, what was written stays.
  void kill();
  /// Kills the process and forgets: each unsynced write may be there in part, each unsynced entry of a folder
  /// or not.
  void lose_power(Leaves leaves, std::mt19937& random);

  /// Calls that change something: writes, syncs, creations, removals.
  int calls();
  /// The n-th of them from now on (the first is 1) fails, and as many after it as `times` says more. A sync
  /// that fails drops what it should have written, as Linux does.
  void fail_call(int n, int times = 1);
  void repair() { fail_call(0, 0); }
  /// Nobody can read these bytes of a file any more.
  void spoil(std::string const& name, std::uint64_t offset_bytes, std::uint64_t length_bytes);

  // What Bucket and VFS stand on. `life` is that of the process which opened the file.
  int life();
  FilePointer find(std::string const& name);
  Result<FilePointer> create(std::string const& name, int life);
  Result<void> remove(std::string const& name, int life);
  Result<void> sync_folder(int life);
  Result<void> write(File& file, std::uint64_t offset_bytes, ByteView data, int life);
  Result<void> cut(File& file, std::uint64_t size_bytes, int life);
  Result<void> sync(File& file, int life);
  Result<void> set_sealed(File& file, int life);
  /// How much of `out` lies within the file and was read. `corrupt` if some of it cannot be.
  Result<std::size_t> read(File& file, std::uint64_t offset_bytes, std::span<std::byte> out, int life);
  std::uint64_t size_of(File& file);
  bool is_sealed(File& file);
  std::vector<std::string> names_below(std::string const& prefix);
  std::shared_ptr<SharedMemory> shared_memory(std::string const& name);

 private:
  Result<void> change(int life, std::string const& what);  // mutex_ is held

  std::string folder_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, FilePointer> entries_;
  std::map<std::string, FilePointer> durable_entries_;
  std::map<std::string, std::shared_ptr<SharedMemory>> shared_memory_;
  int life_ = 0;
  int calls_ = 0;
  int fail_from_ = 0;
  int fail_until_ = 0;
};

/// The disk whose folder holds this path, or nothing.
Disk* find_disk(std::string_view path);
/// Makes SQLite use it for such paths; others go to the files of the system.
void register_disk_vfs();  // disk_vfs.cpp

}  // namespace argosy::tests
