// bucket/directory.cpp - objects as files of one folder. A sealed file is read-only (mode 0400).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <list>
#include <mutex>
#include <unordered_map>

#include "base/descriptor.h"
#include "base/sync_folder.h"
#include "bucket/bucket.h"

namespace argosy::bucket {
namespace {

/// Descriptors kept open for reading.
constexpr std::size_t kOpenFileLimit = 64;
/// Appended bytes after which the kernel is told to begin writing.
constexpr std::uint64_t kWriteBehindBytes = 8ULL << 20U;

/// Read and written at a time.
constexpr std::size_t kCopyBytes = 1U << 20U;
/// What a disk cannot read is passed over in pieces of this size.
constexpr std::size_t kPageBytes = 4'096;

std::unexpected<Error> os_failure(std::string const& path, char const* what) {
  int code = errno;
  Fault fault = code == ENOENT ? Fault::not_found : code == EEXIST ? Fault::conflict : Fault::unavailable;
  return fail(fault, fmt::format("{}: {}: {}", path, what, std::strerror(code)));
}

class FileWriter final : public Writer {
 public:
  FileWriter(std::string folder, std::string path, Descriptor file, std::uint64_t size)
      : folder_(std::move(folder)), path_(std::move(path)), file_(std::move(file)), size_(size) {}

  Result<std::uint64_t> append(std::span<ByteView const> parts) override {
    if (spent_) return fail(Fault::unavailable, path_ + ": an earlier write failed");
    std::vector<iovec> pieces;
    pieces.reserve(parts.size());
    for (auto part : parts)
      if (!part.empty()) pieces.push_back({const_cast<std::byte*>(part.data()), part.size()});
    std::uint64_t const start = size_;
    std::size_t first = 0;
    while (first < pieces.size()) {
      auto count = static_cast<int>(std::min<std::size_t>(pieces.size() - first, 64));
      ssize_t written = ::pwritev(file_.number(), pieces.data() + first, count, static_cast<off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        auto failure = os_failure(path_, "write");
        size_ = start;
        if (::ftruncate(file_.number(), static_cast<off_t>(start)) != 0) spent_ = true;
        return failure;
      }
      size_ += static_cast<std::uint64_t>(written);
      auto left = static_cast<std::size_t>(written);
      while (left > 0) {
        auto& piece = pieces[first];
        auto step = std::min(left, piece.iov_len);
        piece.iov_base = static_cast<std::byte*>(piece.iov_base) + step;
        piece.iov_len -= step;
        left -= step;
        if (piece.iov_len == 0) ++first;
      }
    }
    start_writing();
    return start;
  }

  Result<void> sync() override {
    if (spent_) return fail(Fault::unavailable, path_ + ": an earlier write failed");
    if (::fdatasync(file_.number()) != 0) {
      spent_ = true;  // the kernel may have dropped the dirty pages: nothing later proves them written
      return os_failure(path_, "sync");
    }
    return {};
  }

  Result<void> seal() override {
    TRY(sync());
    if (::fchmod(file_.number(), 0400) != 0 || ::fsync(file_.number()) != 0) return os_failure(path_, "seal");
    return sync_folder(folder_);
  }
  bool spent() const override { return spent_; }

 private:
  /// Lets the kernel begin to write what has come together, so that the next sync waits for the rest alone.
  /// Only a hint: sync is what makes durable.
  void start_writing() {
    if (size_ - started_ < kWriteBehindBytes) return;
    ::sync_file_range(file_.number(), static_cast<off_t>(started_), static_cast<off_t>(size_ - started_),
                      SYNC_FILE_RANGE_WRITE);
    started_ = size_;
  }

  std::string folder_;
  std::string path_;
  Descriptor file_;
  std::uint64_t size_;
  std::uint64_t started_ = size_;  ///< the kernel was told to write what lies before
  std::atomic<bool> spent_ = false;
};

Object object_of(std::string name, struct stat const& facts) {
  return {std::move(name), static_cast<std::uint64_t>(facts.st_size), (facts.st_mode & 0200U) == 0};
}

class Directory final : public Bucket {
 public:
  explicit Directory(std::string folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<Writer>> create(std::string_view name) override {
    auto path = path_of(name);
    Descriptor file(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
    if (file.number() < 0) return os_failure(path, "create");
    if (auto synced = sync_folder(folder_); !synced) {
      ::unlink(path.c_str());
      return std::unexpected(std::move(synced).error());
    }
    return std::make_unique<FileWriter>(folder_, path, std::move(file), 0);
  }

  Result<std::unique_ptr<Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                         std::uint64_t durable_bytes) override {
    auto path = path_of(name);
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return os_failure(path, "stat");
    if ((facts.st_mode & 0200U) == 0) return fail(Fault::conflict, path + " is sealed");
    Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (file.number() < 0) return os_failure(path, "open");
    if (::ftruncate(file.number(), static_cast<off_t>(size_bytes)) != 0) return os_failure(path, "cut");
    TRY(write_once_more(file, path, durable_bytes, size_bytes));
    return std::make_unique<FileWriter>(folder_, path, std::move(file), size_bytes);
  }

  Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) override {
    auto file = TRY(open_for_reading(std::string(name)));
    while (!out.empty()) {
      ssize_t got = ::pread(file->number(), out.data(), out.size(), static_cast<off_t>(offset_bytes));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        bool const unreadable = errno == EIO;  // here, not of the file as a whole
        auto failure = os_failure(path_of(name), "read");
        if (unreadable) failure.error().fault = Fault::corrupt;
        return failure;
      }
      if (got == 0) return fail(Fault::corrupt, path_of(name) + " is shorter than it should be");
      out = out.subspan(static_cast<std::size_t>(got));
      offset_bytes += static_cast<std::uint64_t>(got);
    }
    return {};
  }

  Result<Object> find(std::string_view name) override {
    struct stat facts {};
    if (::stat(path_of(name).c_str(), &facts) != 0) return os_failure(path_of(name), "stat");
    return object_of(std::string(name), facts);
  }

  Result<std::vector<Object>> list() override {
    std::vector<Object> objects;
    std::error_code error;
    std::filesystem::directory_iterator entries(folder_, error);
    if (error) return fail(Fault::unavailable, folder_ + ": " + error.message());
    for (auto const& entry : entries) {
      struct stat facts {};
      if (::stat(entry.path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
      objects.push_back(object_of(entry.path().filename().string(), facts));
    }
    std::ranges::sort(objects, {}, &Object::name);
    return objects;
  }

  Result<void> remove(std::string_view name) override {
    auto path = path_of(name);
    {
      std::lock_guard lock(mutex_);
      if (auto found = open_.find(std::string(name)); found != open_.end()) {
        recent_.erase(found->second);
        open_.erase(found);
      }
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_failure(path, "remove");
    return sync_folder(folder_);
  }

 private:
  using Recent = std::list<std::pair<std::string, std::shared_ptr<Descriptor>>>;

  static Result<void> write_once_more(Descriptor const& file, std::string const& path, std::uint64_t from,
                                      std::uint64_t to) {
    Bytes piece(kCopyBytes);
    while (from < to) {
      auto at = static_cast<off_t>(from);
      ssize_t got =
          ::pread(file.number(), piece.data(), std::min<std::uint64_t>(piece.size(), to - from), at);
      if (got < 0 && errno == EIO) {  // a read ends before such a page: the next one begins with it
        if (piece.size() == kPageBytes) from += kPageBytes;
        piece.resize(kPageBytes);
        continue;
      }
      if (got > 0) got = ::pwrite(file.number(), piece.data(), static_cast<std::size_t>(got), at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return os_failure(path, "write once more");
      from += static_cast<std::uint64_t>(got);
    }
    return {};
  }

  std::string path_of(std::string_view name) const { return folder_ + "/" + std::string(name); }

  /// Shared because a reader may go on while the cache lets the file go.
  Result<std::shared_ptr<Descriptor>> open_for_reading(std::string const& name) {
    std::lock_guard lock(mutex_);
    if (auto found = open_.find(name); found != open_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
    auto path = path_of(name);
    auto file = std::make_shared<Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file->number() < 0) return os_failure(path, "open");
    recent_.emplace_front(name, file);
    open_[name] = recent_.begin();
    if (recent_.size() > kOpenFileLimit) {
      open_.erase(recent_.back().first);
      recent_.pop_back();
    }
    return file;
  }

  std::string folder_;
  std::mutex mutex_;  // guards the two below
  Recent recent_;
  std::unordered_map<std::string, Recent::iterator> open_;
};

}  // namespace

Result<std::unique_ptr<Bucket>> open_directory(std::string const& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Fault::unavailable, path + ": " + error.message());
  return std::make_unique<Directory>(path);
}

}  // namespace argosy::bucket
