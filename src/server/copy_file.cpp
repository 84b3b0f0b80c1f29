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

std::size_t to_end_of_page(std::size_t at) { return kPageBytes - at % kPageBytes; }

/// A copy that is being written, from its beginning on.
class Copy {
 public:
  Copy(std::string from, Descriptor source, Descriptor earlier, std::string to, Descriptor target)
      : from_(std::move(from)),
        source_(std::move(source)),
        earlier_(std::move(earlier)),
        to_(std::move(to)),
        target_(std::move(target)) {}

  /// What the source has up to there; less if it was cut meanwhile.
  Result<void> go_on_with_source(std::size_t end);
  /// What the earlier copy has up to there; zeros behind its end, and where it cannot be read either.
  Result<void> go_on_with_earlier(std::size_t end);
  /// With these modes and times; durable on return.
  Result<void> end(struct stat const& facts);
  std::vector<store::ByteRange> const& from_earlier() const { return from_earlier_; }

 private:
  Result<void> write(ByteView bytes);

  std::string from_;
  Descriptor source_;
  Descriptor earlier_;
  std::string to_;
  Descriptor target_;
  std::size_t at_ = 0;  ///< so much is written
  std::vector<store::ByteRange> from_earlier_;
  Bytes buffer_ = Bytes(kPieceBytes);
};

Result<void> Copy::write(ByteView bytes) {
  while (!bytes.empty()) {
    auto const written = ::write(target_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(to_);
    at_ += static_cast<std::size_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> Copy::go_on_with_source(std::size_t end) {
  bool by_pages = false;
  while (at_ < end) {
    auto const wanted = std::min(end - at_, by_pages ? to_end_of_page(at_) : kPieceBytes);
    auto const got = ::pread(source_.number(), buffer_.data(), wanted, static_cast<off_t>(at_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EIO) return system_failure(from_);
    if (got == 0) return {};
    if (got > 0) TRY(write(ByteView(buffer_).first(static_cast<std::size_t>(got))));
    if (got < 0 && by_pages) TRY(go_on_with_earlier(at_ + wanted));
    by_pages = got < 0;
  }
  return {};
}

Result<void> Copy::go_on_with_earlier(std::size_t end) {
  if (at_ >= end) return {};
  if (from_earlier_.empty() || from_earlier_.back().end_bytes < at_) from_earlier_.push_back({at_, at_});
  while (at_ < end) {
    auto const piece = std::span(buffer_).first(std::min(end - at_, to_end_of_page(at_)));
    auto const got = ::pread(earlier_.number(), piece.data(), piece.size(), static_cast<off_t>(at_));
    if (got < 0 && errno == EINTR) continue;
    std::ranges::fill(piece.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0))), std::byte{});
    TRY(write(piece));
  }
  from_earlier_.back().end_bytes = at_;
  return {};
}

Result<void> Copy::end(struct stat const& facts) {
  std::array<timespec, 2> const times{facts.st_atim, facts.st_mtim};
  // Some file systems refuse it: then the next backup copies once more.
  if (from_earlier_.empty()) ::futimens(target_.number(), times.data());
  bool const done = ::fchmod(target_.number(), facts.st_mode & 0777U) == 0 && ::fsync(target_.number()) == 0;
  return done ? Result<void>{} : system_failure(to_);
}

}  // namespace

Result<std::vector<store::ByteRange>> copy_file(std::string const& from, std::string const& earlier,
                                                std::string const& to,
                                                std::span<store::ByteRange const> wanted_of_earlier) {
  Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!source.is_open() || ::fstat(source.number(), &facts) != 0) return system_failure(from);
  Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!target.is_open()) return system_failure(to);
  Descriptor before(::open(earlier.c_str(), O_RDONLY | O_CLOEXEC));
  Copy copy(from, std::move(source), std::move(before), to, std::move(target));
  auto const size = static_cast<std::size_t>(facts.st_size);
  for (auto const& range : wanted_of_earlier) {
    TRY(copy.go_on_with_source(std::min(range.begin_bytes, size)));
    TRY(copy.go_on_with_earlier(range.end_bytes));
  }
  TRY(copy.go_on_with_source(size));
  TRY(copy.end(facts));
  return copy.from_earlier();
}

}  // namespace argosy::server
