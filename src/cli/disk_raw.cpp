// cli/disk_raw.cpp - a raw disk image or a block device, read directly.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/disk.h"
#include "cli/file.h"

namespace argosy::cli {
namespace {

class RawDisk final : public Disk {
 public:
  RawDisk(File file, std::string path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  std::uint64_t size_bytes() const override { return size_; }

  Outcome<std::optional<Extent>> next_data(std::uint64_t offset) override {
    auto begin = lseek(file_.descriptor(), static_cast<off_t>(offset), SEEK_DATA);
    if (begin < 0 && errno == ENXIO) return std::nullopt;            // holes up to the end
    if (begin < 0 && errno == EINVAL) return Extent{offset, size_};  // this file system does not tell
    if (begin < 0) return std::unexpected(system_failure(path_, "cannot find its data"));
    if (static_cast<std::uint64_t>(begin) >= size_) return std::nullopt;  // it grows while it is read
    auto end = lseek(file_.descriptor(), begin, SEEK_HOLE);
    if (end < 0) return std::unexpected(system_failure(path_, "cannot find its holes"));
    return Extent{static_cast<std::uint64_t>(begin), std::min(static_cast<std::uint64_t>(end), size_)};
  }

  Outcome<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    while (!out.empty()) {
      auto got = pread(file_.descriptor(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(system_failure(path_, "cannot read"));
      if (got == 0) return stop(Exit::failed, path_ + " became shorter while it was read");
      offset += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
    return {};
  }

 private:
  File file_;
  std::string path_;
  std::uint64_t size_;
};

}  // namespace

Outcome<std::unique_ptr<Disk>> open_raw(std::string const& path) {
  auto file = TRY(File::open(path, O_RDONLY));
  struct stat about {};
  if (fstat(file.descriptor(), &about) != 0)
    return std::unexpected(system_failure(path, "cannot look at it"));
  if (!S_ISREG(about.st_mode) && !S_ISBLK(about.st_mode))
    return stop(Exit::failed, path + " is neither a file nor a block device");
  auto size = lseek(file.descriptor(), 0, SEEK_END);  // also right for a block device
  if (size < 0) return std::unexpected(system_failure(path, "cannot find its size"));
  return std::make_unique<RawDisk>(std::move(file), path, static_cast<std::uint64_t>(size));
}

}  // namespace argosy::cli
