// server/copy_file.cpp - see copy_file.h.
#include "server/copy_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/descriptor.h"

namespace argosy::server {
namespace {

constexpr std::size_t kPieceBytes = 1U << 20U;
/// What a disk cannot read is passed over in pieces of this size: a read ends before such a page.
constexpr std::size_t kPageBytes = 4'096;

Result<void> write_all(Descriptor const& file, std::string const& path, ByteView bytes) {
  while (!bytes.empty()) {
    auto const written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

/// What an earlier copy has there; zeros behind its end, and where it cannot be read either.
void read_earlier(Descriptor const& earlier, std::size_t at, std::span<std::byte> out) {
  auto const got = ::pread(earlier.number(), out.data(), out.size(), static_cast<off_t>(at));
  std::ranges::fill(out.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0))), std::byte{});
}

}  // namespace

Result<std::vector<store::ByteRange>> copy_file(std::string const& from, std::string const& earlier,
                                                std::string const& to) {
  Descriptor const source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!source.is_open() || ::fstat(source.number(), &facts) != 0) return system_failure(from);
  Descriptor const target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!target.is_open()) return system_failure(to);
  Descriptor const before(::open(earlier.c_str(), O_RDONLY | O_CLOEXEC));

  Bytes buffer(kPieceBytes);
  std::vector<store::ByteRange> unreadable;
  bool by_pages = false;
  for (auto at = 0UZ, size = static_cast<std::size_t>(facts.st_size); at < size;) {
    auto const wanted = std::min(size - at, by_pages ? kPageBytes - at % kPageBytes : kPieceBytes);
    auto got = ::pread(source.number(), buffer.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EIO) return system_failure(from);
    if (got < 0 && !by_pages) {
      by_pages = true;
      continue;
    }
    if (got == 0) break;  // it was cut meanwhile
    by_pages = got < 0;
    if (got < 0) {
      read_earlier(before, at, std::span(buffer).first(wanted));
      if (!unreadable.empty() && unreadable.back().end_bytes == at)
        unreadable.back().end_bytes += wanted;
      else
        unreadable.push_back({at, at + wanted});
      got = static_cast<ssize_t>(wanted);
    }
    auto const bytes = ByteView(buffer).first(static_cast<std::size_t>(got));
    TRY(write_all(target, to, bytes));
    at += bytes.size();
  }
  std::array<timespec, 2> const times{facts.st_atim, facts.st_mtim};
  // Some file systems refuse it: then the next backup copies once more.
  if (unreadable.empty()) ::futimens(target.number(), times.data());
  if (::fchmod(target.number(), facts.st_mode & 0777U) != 0 || ::fsync(target.number()) != 0)
    return system_failure(to);
  return unreadable;
}

}  // namespace argosy::server
