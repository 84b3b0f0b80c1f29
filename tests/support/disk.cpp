// tests/support/disk.cpp - see disk.h.
#include "support/disk.h"

#include <algorithm>

namespace argosy::tests {
namespace {

constexpr std::size_t kSectorBytes = 512;

std::mutex disks_mutex;
std::map<std::string, Disk*>& disks() {  // disks_mutex is held
  static std::map<std::string, Disk*> all;
  return all;
}

/// A write, or (without data) a cut to `offset_bytes`.
struct Change {
  std::uint64_t offset_bytes;
  Bytes data;
  bool cuts = false;
};

void put_into(Bytes& content, std::uint64_t offset, ByteView data) {
  if (content.size() < offset + data.size()) content.resize(offset + data.size());
  std::ranges::copy(data, content.begin() + static_cast<std::ptrdiff_t>(offset));
}
void put_into(Bytes& content, Change const& change) {
  if (change.cuts) return content.resize(change.offset_bytes);
  put_into(content, change.offset_bytes, change.data);
}

/// Each sector of a write may have reached the disk or not.
void put_some(Bytes& content, Change const& change, std::mt19937& random, unsigned percent) {
  if (change.cuts) {
    if (random() % 100 < percent) put_into(content, change);
    return;
  }
  for (std::size_t at = 0; at < change.data.size();) {
    auto const offset = change.offset_bytes + at;
    auto const step = std::min<std::size_t>(kSectorBytes - offset % kSectorBytes, change.data.size() - at);
    if (random() % 100 < percent) put_into(content, offset, ByteView(change.data).subspan(at, step));
    at += step;
  }
}

}  // namespace

struct Disk::File {
  Bytes content;  ///< as a process sees it
  Bytes durable;  ///< as it lies on the platter
  std::vector<Change> unsynced;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> spoilt;  ///< from, to
  bool sealed = false;
  bool sealed_durably = false;
};

Disk::Disk() {
  std::lock_guard lock(disks_mutex);
  static int number = 0;
  folder_ = "/simulated-disk-" + std::to_string(++number);
  disks()[folder_] = this;
}
Disk::~Disk() {
  std::lock_guard lock(disks_mutex);
  disks().erase(folder_);
}

Disk* find_disk(std::string_view path) {
  std::lock_guard lock(disks_mutex);
  auto found = disks().find(std::string(path.substr(0, path.find('/', 1))));
  return found == disks().end() ? nullptr : found->second;
}

void Disk::kill() {
  std::lock_guard lock(mutex_);
  ++life_;
  shared_memory_.clear();
}

void Disk::lose_power(Leaves leaves, std::mt19937& random) {
  kill();
  std::lock_guard lock(mutex_);
  auto const percent = 5 + static_cast<unsigned>(random()) % 91;
  auto before = std::exchange(entries_, {});
  auto names = durable_entries_;
  names.insert(before.begin(), before.end());
  for (auto const& [name, any] : names) {
    auto now = before.find(name);
    auto then = durable_entries_.find(name);
    bool const new_one = leaves == Leaves::everything || (leaves == Leaves::any_sectors && random() % 2 == 0);
    auto const& side = new_one ? now : then;
    if (side != (new_one ? before.end() : durable_entries_.end())) entries_[name] = side->second;
  }
  for (auto const& [name, file] : entries_) {
    for (auto const& change : file->unsynced) {
      if (leaves == Leaves::everything) put_into(file->durable, change);
      if (leaves == Leaves::any_sectors) put_some(file->durable, change, random, percent);
    }
    file->unsynced.clear();
    file->content = file->durable;
    if (leaves == Leaves::everything) file->sealed_durably = file->sealed;
    file->sealed = file->sealed_durably;
  }
  durable_entries_ = entries_;
}

int Disk::calls() {
  std::lock_guard lock(mutex_);
  return calls_;
}
int Disk::life() {
  std::lock_guard lock(mutex_);
  return life_;
}

void Disk::fail_call(int n, int times) {
  std::lock_guard lock(mutex_);
  fail_from_ = calls_ + n;
  fail_until_ = fail_from_ + times;
}

void Disk::spoil(std::string const& name, std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  std::lock_guard lock(mutex_);
  entries_.at(name)->spoilt.emplace_back(offset_bytes, offset_bytes + length_bytes);
}

Result<void> Disk::change(int life, std::string const& what) {
  if (life != life_) return fail(Fault::unavailable, "the process is dead");
  ++calls_;
  if (calls_ >= fail_from_ && calls_ < fail_until_)
    return fail(Fault::unavailable, what + ": No space left on device");
  return {};
}

Disk::FilePointer Disk::find(std::string const& name) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

Result<Disk::FilePointer> Disk::create(std::string const& name, int life) {
  std::lock_guard lock(mutex_);
  if (entries_.contains(name)) return fail(Fault::conflict, name + " exists");
  TRY(change(life, name + ": create"));
  return entries_[name] = std::make_shared<File>();
}

Result<void> Disk::remove(std::string const& name, int life) {
  std::lock_guard lock(mutex_);
  TRY(change(life, name + ": remove"));
  entries_.erase(name);
  shared_memory_.erase(name);
  return {};
}

Result<void> Disk::sync_folder(int life) {
  std::lock_guard lock(mutex_);
  TRY(change(life, folder_ + ": sync"));
  durable_entries_ = entries_;
  return {};
}

Result<void> Disk::write(File& file, std::uint64_t offset_bytes, ByteView data, int life) {
  std::lock_guard lock(mutex_);
  TRY(change(life, folder_ + ": write"));
  put_into(file.content, offset_bytes, data);
  file.unsynced.push_back({offset_bytes, to_bytes(data)});
  return {};
}

Result<void> Disk::cut(File& file, std::uint64_t size_bytes, int life) {
  std::lock_guard lock(mutex_);
  TRY(change(life, folder_ + ": cut"));
  file.unsynced.push_back({size_bytes, {}, true});
  put_into(file.content, file.unsynced.back());
  return {};
}

Result<void> Disk::sync(File& file, int life) {
  std::lock_guard lock(mutex_);
  auto synced = change(life, folder_ + ": sync");
  if (life != life_) return synced;
  if (synced)
    for (auto const& change : file.unsynced) put_into(file.durable, change);
  file.unsynced.clear();
  return synced;
}

Result<void> Disk::set_sealed(File& file, int life) {
  std::lock_guard lock(mutex_);
  TRY(change(life, folder_ + ": seal"));
  file.sealed = file.sealed_durably = true;
  return {};
}

Result<std::size_t> Disk::read(File& file, std::uint64_t offset_bytes, std::span<std::byte> out, int life) {
  std::lock_guard lock(mutex_);
  if (life != life_) return fail(Fault::unavailable, "the process is dead");
  if (offset_bytes >= file.content.size()) return std::size_t{0};
  auto const there = std::min<std::size_t>(out.size(), file.content.size() - offset_bytes);
  for (auto const& [from, to] : file.spoilt)
    if (offset_bytes < to && from < offset_bytes + there)
      return fail(Fault::corrupt, folder_ + ": read: Input/output error");
  std::copy_n(file.content.begin() + static_cast<std::ptrdiff_t>(offset_bytes), there, out.begin());
  return there;
}

std::uint64_t Disk::size_of(File& file) {
  std::lock_guard lock(mutex_);
  return file.content.size();
}
bool Disk::is_sealed(File& file) {
  std::lock_guard lock(mutex_);
  return file.sealed;
}

std::vector<std::string> Disk::names_below(std::string const& prefix) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at)
    names.push_back(at->first.substr(prefix.size()));
  return names;
}

std::shared_ptr<Disk::SharedMemory> Disk::shared_memory(std::string const& name) {
  std::lock_guard lock(mutex_);
  auto& found = shared_memory_[name];
  if (!found) found = std::make_shared<SharedMemory>();
  return found;
}

}  // namespace argosy::tests
