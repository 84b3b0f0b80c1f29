// tests/support/disk_vfs.cpp - SQLite on a simulated disk. One connection to a database at a time: locks do
// nothing. Source: sqlite.org, "The OS Interface" (vfs.html) and c3ref/io_methods.html.
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "support/disk.h"

namespace argosy::tests {
namespace {

constexpr int kPageBytes = 4'096;

struct OpenFile {
  Disk& disk;
  std::string name;
  Disk::FilePointer file;
  int life;
  bool syncs_folder;  ///< as SQLite's own VFS does for journals
  std::shared_ptr<Disk::SharedMemory> memory;
};
struct VfsFile {
  sqlite3_file base;
  OpenFile* open;
};
OpenFile& opened(sqlite3_file* file) { return *reinterpret_cast<VfsFile*>(file)->open; }
sqlite3_vfs* system_vfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int close(sqlite3_file* file) {
  delete reinterpret_cast<VfsFile*>(file)->open;
  return SQLITE_OK;
}
int read(sqlite3_file* file, void* out, int length, sqlite3_int64 offset) {
  auto& f = opened(file);
  std::span bytes(static_cast<std::byte*>(out), static_cast<std::size_t>(length));
  auto there = f.disk.read(*f.file, static_cast<std::uint64_t>(offset), bytes, f.life);
  if (!there) return SQLITE_IOERR_READ;
  if (*there == bytes.size()) return SQLITE_OK;
  std::ranges::fill(bytes.subspan(*there), std::byte{0});
  return SQLITE_IOERR_SHORT_READ;
}
int write(sqlite3_file* file, void const* data, int length, sqlite3_int64 offset) {
  auto& f = opened(file);
  ByteView bytes(static_cast<std::byte const*>(data), static_cast<std::size_t>(length));
  return f.disk.write(*f.file, static_cast<std::uint64_t>(offset), bytes, f.life) ? SQLITE_OK : SQLITE_FULL;
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& f = opened(file);
  return f.disk.cut(*f.file, static_cast<std::uint64_t>(size), f.life) ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}
int sync(sqlite3_file* file, int) {
  auto& f = opened(file);
  if (!f.disk.sync(*f.file, f.life)) return SQLITE_IOERR_FSYNC;
  if (!f.syncs_folder) return SQLITE_OK;
  if (!f.disk.sync_folder(f.life)) return SQLITE_IOERR_DIR_FSYNC;
  f.syncs_folder = false;
  return SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  auto& f = opened(file);
  *size = static_cast<sqlite3_int64>(f.disk.size_of(*f.file));
  return SQLITE_OK;
}
int lock(sqlite3_file* file, int) {
  auto& f = opened(file);
  return f.life == f.disk.life() ? SQLITE_OK : SQLITE_IOERR_LOCK;
}
int unlock(sqlite3_file*, int) { return SQLITE_OK; }
int check_reserved_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return kPageBytes; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_memory(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  auto& f = opened(file);
  if (!f.memory) f.memory = f.disk.shared_memory(f.name);
  auto& regions = f.memory->regions;
  auto const wanted = static_cast<std::size_t>(region);
  while (extend != 0 && regions.size() <= wanted)
    regions.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(size)));
  *out = wanted < regions.size() ? regions[wanted].get() : nullptr;
  return SQLITE_OK;
}
int lock_memory(sqlite3_file* file, int, int, int) { return lock(file, 0); }
void memory_barrier(sqlite3_file*) {}
int unmap_memory(sqlite3_file* file, int) {
  opened(file).memory = nullptr;
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{2,
                                      close,
                                      read,
                                      write,
                                      truncate,
                                      sync,
                                      file_size,
                                      lock,
                                      unlock,
                                      check_reserved_lock,
                                      file_control,
                                      sector_size,
                                      characteristics,
                                      map_memory,
                                      lock_memory,
                                      memory_barrier,
                                      unmap_memory,
                                      nullptr,
                                      nullptr};

int open(sqlite3_vfs* vfs, char const* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* disk = name != nullptr ? find_disk(name) : nullptr;
  if (disk == nullptr) return system_vfs(vfs)->xOpen(system_vfs(vfs), name, file, flags, out_flags);
  file->pMethods = nullptr;
  auto const life = disk->life();
  auto found = disk->find(name);
  bool const journal = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  bool const fresh = !found;
  if (fresh && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
  if (fresh) {
    auto made = disk->create(name, life);
    if (!made) return SQLITE_CANTOPEN;
    found = *made;
  }
  reinterpret_cast<VfsFile*>(file)->open = new OpenFile{*disk, name, found, life, journal && fresh, nullptr};
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}
int remove(sqlite3_vfs* vfs, char const* name, int sync_folder) {
  auto* disk = find_disk(name);
  if (disk == nullptr) return system_vfs(vfs)->xDelete(system_vfs(vfs), name, sync_folder);
  if (!disk->find(name)) return SQLITE_IOERR_DELETE_NOENT;
  if (!disk->remove(name, disk->life())) return SQLITE_IOERR_DELETE;
  return sync_folder == 0 || disk->sync_folder(disk->life()) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}
int access(sqlite3_vfs* vfs, char const* name, int flags, int* out) {
  auto* disk = find_disk(name);
  if (disk == nullptr) return system_vfs(vfs)->xAccess(system_vfs(vfs), name, flags, out);
  *out = disk->find(name) ? 1 : 0;
  return SQLITE_OK;
}
int full_path(sqlite3_vfs* vfs, char const* name, int size, char* out) {
  if (find_disk(name) == nullptr) return system_vfs(vfs)->xFullPathname(system_vfs(vfs), name, size, out);
  std::snprintf(out, static_cast<std::size_t>(size), "%s", name);
  return SQLITE_OK;
}

}  // namespace

void register_disk_vfs() {
  static bool const registered = [] {
    static auto* const system = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs = *system;
    vfs.szOsFile = std::max<int>(system->szOsFile, sizeof(VfsFile));
    vfs.zName = "simulated-disk";
    vfs.pAppData = system;
    vfs.xOpen = open;
    vfs.xDelete = remove;
    vfs.xAccess = access;
    vfs.xFullPathname = full_path;
    return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
  }();
  (void)registered;
}

}  // namespace argosy::tests
