// base/private_file.cpp - see private_file.h.
#include "base/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "base/descriptor.h"
#include "base/sync_folder.h"

namespace argosy {
namespace {

constexpr std::size_t kMaxFileBytes = 64U << 20U;
constexpr std::size_t kPieceBytes = 64U << 10U;

/// Only what is not there is absent.
std::unexpected<Error> unreadable(std::string const& path) {
  bool const absent = errno == ENOENT || errno == ENOTDIR;
  bool const refused = errno == EACCES || errno == EPERM;
  return fail(absent    ? Fault::not_found
              : refused ? Fault::denied
                        : Fault::unavailable,
              path + ": " + std::strerror(errno));
}

std::unexpected<Error> failure(std::string const& path, char const* what) {
  return fail(errno == EEXIST ? Fault::conflict : Fault::unavailable,
              path + ": " + what + ": " + std::strerror(errno));
}

/// Where that is written which shall stand at `path`: by a name that nothing else has.
std::string draft_path(std::string const& path) {
  std::filesystem::path const place(path);
  return place.parent_path() / ("." + place.filename().string() + ".argosy-draft");
}

bool is_called(Descriptor const& file, std::string const& name) {
  struct stat held {};
  struct stat named {};
  return ::fstat(file.number(), &held) == 0 && ::lstat(name.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/// A new file of that name, locked as long as it is open. So one that a kill left is told from one that is
/// being written, and goes: of each file there is one draft at most.
Result<Descriptor> create_draft(std::string const& name) {
  while (true) {
    Descriptor file(::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR));
    bool const made = file.is_open();
    if (!made && errno != EEXIST) return failure(name, "create");
    if (!made) file = Descriptor(::open(name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.is_open() && errno == ENOENT) continue;
    if (!file.is_open()) return failure(name, "open");
    bool const locked = ::flock(file.number(), LOCK_EX) == 0;
    if (!locked && errno != EINTR) return failure(name, "lock");
    if (!locked || !is_called(file, name)) continue;  // who had the lock has put it in place
    if (made) return file;
    if (::unlink(name.c_str()) != 0) return failure(name, "remove");
  }
}

Result<void> write_durably(Descriptor const& file, std::string const& path, std::string_view text) {
  while (!text.empty()) {
    auto const written = ::write(file.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(path, "write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.number()) == 0 ? Result<void>{} : failure(path, "write");
}

Result<void> put_in_place(std::string const& draft, std::string const& path, Existing existing) {
  if (existing == Existing::replace)
    return ::rename(draft.c_str(), path.c_str()) == 0 ? Result<void>{} : failure(path, "rename");
  return ::link(draft.c_str(), path.c_str()) == 0 ? Result<void>{} : failure(path, "create");
}

Result<void> sync_folder_of(std::string const& path) {
  auto const folder = std::filesystem::path(path).parent_path().string();
  return sync_folder(folder.empty() ? "." : folder);
}

}  // namespace

Result<bool> file_exists(std::string const& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) return true;
  auto failed = unreadable(path);
  return failed.error().fault == Fault::not_found ? Result<bool>(false) : failed;
}

Result<std::string> read_file(std::string const& path) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return unreadable(path);
  std::string text;
  std::array<char, kPieceBytes> piece{};
  while (true) {
    auto const got = ::read(file.number(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxFileBytes) return fail(Fault::invalid, path + ": larger than 64 MiB");
  }
}

Result<std::string> read_private_file(std::string const& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return unreadable(path);
  if ((facts.st_mode & 077U) != 0)
    return fail(Fault::denied, path + ": only its owner may be able to read it (chmod 600)");
  return read_file(path);
}

Result<void> write_private_file(std::string const& path, std::string_view text, Existing existing) {
  auto const draft = draft_path(path);
  auto const file = TRY(create_draft(draft));
  auto done = write_durably(file, path, text);
  if (done) done = put_in_place(draft, path, existing);
  // Its name is ours as long as it is locked, unless it has become the file's.
  if (!done || existing == Existing::refuse) ::unlink(draft.c_str());
  if (!done) return done;
  return sync_folder_of(path);
}

}  // namespace argosy
