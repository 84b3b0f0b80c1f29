// cli/journal.cpp - see journal.h.
#include "cli/journal.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <optional>

#include "base/sync_folder.h"

namespace argosy::cli {
namespace {

/// False if the file at the path is another one by now: a process that had it open has removed it.
bool is_still_at(File const& file, std::string const& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(file.descriptor(), &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

Outcome<void> make_folder_of(std::string const& path) {
  auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::exists(folder, error)) return {};
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return stop(Exit::failed, folder.string() + ": cannot make it: " + error.message());
  return {};
}

Outcome<void> write_all(File const& file, std::string const& path, std::string_view text) {
  while (!text.empty()) {
    auto put = write(file.descriptor(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return std::unexpected(system_failure(path, "cannot write"));
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

/// Calls `take` for each whole line; the offset behind the last of them.
Outcome<std::uint64_t> read_lines(File const& file, std::string const& path,
                                  std::function<void(std::string_view)> const& take) {
  std::string rest;
  std::uint64_t offset = 0;
  std::uint64_t whole = 0;
  std::array<char, 65'536> part{};
  while (true) {
    auto got = pread(file.descriptor(), part.data(), part.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_failure(path, "cannot read"));
    if (got == 0) return whole;
    offset += static_cast<std::uint64_t>(got);
    rest.append(part.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      take(std::string_view(rest).substr(begin, end - begin));
      begin = end + 1;
    }
    whole += begin;
    rest.erase(0, begin);
  }
}

}  // namespace

Outcome<std::unique_ptr<Journal>> Journal::open(std::string path) {
  TRY(make_folder_of(path));
  while (true) {
    auto file = TRY(File::open(path, O_RDWR | O_CREAT | O_APPEND));
    bool const is_locked = flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0;
    if (!is_locked && errno != EWOULDBLOCK) return std::unexpected(system_failure(path, "cannot lock"));
    if (!is_locked) return stop(Exit::locked, path + " is in use: another run is at the same work");
    if (is_still_at(file, path)) return std::unique_ptr<Journal>(new Journal(std::move(file), path));
  }
}

Outcome<std::unique_ptr<Journal>> Journal::open_in_memory() {
  File file(memfd_create("journal", MFD_CLOEXEC));
  if (file.descriptor() < 0) return std::unexpected(system_failure("memory", "cannot make a file"));
  return std::unique_ptr<Journal>(new Journal(std::move(file), {}));
}

Outcome<std::string> Journal::title() const {
  std::optional<std::string> first;
  TRY(read_lines(file_, path_, [&](std::string_view line) {
    if (!first) first = line;
  }));
  return first.value_or("");
}

Outcome<bool> Journal::resume(std::string_view title) {
  std::optional<std::string> first;
  auto whole = TRY(read_lines(file_, path_, [&](std::string_view line) {
    if (!first) first = line;
  }));
  if (first != title) {
    TRY(begin(title));
    return false;
  }
  if (ftruncate(file_.descriptor(), static_cast<off_t>(whole)) != 0)  // a torn line
    return std::unexpected(system_failure(path_, "cannot shorten"));
  return true;
}

Outcome<void> Journal::begin(std::string_view title) {
  if (ftruncate(file_.descriptor(), 0) != 0) return std::unexpected(system_failure(path_, "cannot shorten"));
  return append(title);
}

Outcome<void> Journal::read(std::function<void(std::string_view)> const& take) const {
  bool is_title = true;
  TRY(read_lines(file_, path_, [&](std::string_view line) {
    if (!std::exchange(is_title, false)) take(line);
  }));
  return {};
}

Outcome<void> Journal::append(std::string_view line) {
  std::lock_guard lock(mutex_);
  return write_all(file_, path_, std::string(line) + "\n");
}

Outcome<void> Journal::sync() const {
  if (path_.empty()) return {};
  if (fsync(file_.descriptor()) != 0) return std::unexpected(system_failure(path_, "cannot write"));
  TRY(sync_folder(std::filesystem::path(absolute_path(path_)).parent_path()));
  return {};
}

void Journal::remove() {
  if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace argosy::cli
