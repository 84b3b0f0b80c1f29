// tests/support/disk_bucket.cpp - the Bucket of a simulated disk: as bucket/directory.cpp, call by call.
#include <atomic>

#include "support/disk.h"

namespace argosy::tests {
namespace {

class DiskWriter final : public bucket::Writer {
 public:
  DiskWriter(Disk& disk, Disk::FilePointer file, int life)
      : disk_(disk), file_(std::move(file)), life_(life) {}
  Result<std::uint64_t> append(std::span<ByteView const> parts) override {
    if (spent_) return fail(Fault::unavailable, "an earlier sync failed");
    Bytes all;
    for (auto part : parts) all.insert(all.end(), part.begin(), part.end());
    auto const start = disk_.size_of(*file_);
    TRY(disk_.write(*file_, start, all, life_));
    return start;
  }
  Result<void> sync() override {
    if (spent_) return fail(Fault::unavailable, "an earlier sync failed");
    auto synced = disk_.sync(*file_, life_);
    spent_ = !synced;
    return synced;
  }
  Result<void> seal() override {
    TRY(sync());
    TRY(disk_.set_sealed(*file_, life_));
    return disk_.sync_folder(life_);
  }
  bool spent() const override { return spent_; }

 private:
  Disk& disk_;
  Disk::FilePointer file_;
  int const life_;
  std::atomic<bool> spent_ = false;
};

class DiskBucket final : public bucket::Bucket {
 public:
  DiskBucket(Disk& disk, std::string prefix) : disk_(disk), prefix_(std::move(prefix)), life_(disk.life()) {}
  Result<std::unique_ptr<bucket::Writer>> create(std::string_view name) override {
    auto file = TRY(disk_.create(path_of(name), life_));
    if (auto synced = disk_.sync_folder(life_); !synced) {
      (void)disk_.remove(path_of(name), life_);
      return std::unexpected(std::move(synced).error());
    }
    return std::make_unique<DiskWriter>(disk_, std::move(file), life_);
  }
  Result<std::unique_ptr<bucket::Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                                 std::uint64_t durable_bytes) override {
    auto file = TRY(file_of(name));
    if (disk_.is_sealed(*file)) return fail(Fault::conflict, std::string(name) + " is sealed");
    TRY(disk_.cut(*file, size_bytes, life_));
    if (durable_bytes < size_bytes) {
      Bytes rest(size_bytes - durable_bytes);
      auto const read = disk_.read(*file, durable_bytes, rest, life_);
      if (!read && read.error().fault != Fault::corrupt) return std::unexpected(read.error());
      if (read) TRY(disk_.write(*file, durable_bytes, rest, life_));
    }
    return std::make_unique<DiskWriter>(disk_, std::move(file), life_);
  }
  Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) override {
    auto file = TRY(file_of(name));
    auto there = TRY(disk_.read(*file, offset_bytes, out, life_));
    if (there < out.size()) return fail(Fault::corrupt, std::string(name) + " is shorter than it should be");
    return {};
  }
  Result<bucket::Object> find(std::string_view name) override {
    auto file = TRY(file_of(name));
    return bucket::Object{std::string(name), disk_.size_of(*file), disk_.is_sealed(*file)};
  }
  Result<std::vector<bucket::Object>> list() override {
    std::vector<bucket::Object> objects;
    for (auto const& name : disk_.names_below(prefix_)) {
      auto object = TRY(find(name));
      objects.push_back(std::move(object));
    }
    return objects;
  }
  Result<void> remove(std::string_view name) override {
    if (disk_.find(path_of(name)) != nullptr) TRY(disk_.remove(path_of(name), life_));
    return disk_.sync_folder(life_);
  }

 private:
  std::string path_of(std::string_view name) const { return prefix_ + std::string(name); }
  Result<Disk::FilePointer> file_of(std::string_view name) {
    auto file = disk_.find(path_of(name));
    if (!file) return fail(Fault::not_found, std::string(name) + " does not exist");
    return file;
  }

  Disk& disk_;
  std::string const prefix_;
  int const life_;
};

}  // namespace

std::unique_ptr<bucket::Bucket> Disk::open_bucket(std::string const& name) {
  return std::make_unique<DiskBucket>(*this, folder_ + "/" + name + "/");
}

}  // namespace argosy::tests
