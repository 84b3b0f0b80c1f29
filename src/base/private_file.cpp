// base/private_file.cpp - see private_file.h.
#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/sync_folder.h"

namespace argosy {
namespace {

constexpr std::size_t kMaxFileBytes = 64U << 20U;
constexpr std::size_t kPieceBytes = 64U << 10U;

Result<void> sync_folder_of(std::string const& path) {
  auto const folder = std::filesystem::path(path).parent_path().string();
  return sync_folder(folder.empty() ? "." : folder);
}

}  // namespace

Result<std::string> read_file(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Fault::not_found, path + ": " + std::strerror(errno));
  std::string text;
  std::array<char, kPieceBytes> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) return fail(Fault::invalid, path + ": larger than 64 MiB");
  }
  return text;
}

Result<std::string> read_private_file(std::string const& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return fail(Fault::not_found, path + ": " + std::strerror(errno));
  if ((facts.st_mode & 077U) != 0)
    return fail(Fault::denied, path + ": only its owner may be able to read it (chmod 600)");
  return read_file(path);
}

Result<void> write_private_file(std::string const& path, std::string_view text, Existing existing) {
  auto failure = [&](char const* what) {
    return fail(errno == EEXIST ? Fault::conflict : Fault::unavailable,
                path + ": " + what + ": " + std::strerror(errno));
  };
  auto const draft = path + ".new";
  ::unlink(draft.c_str());
  int file = ::open(draft.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return failure("create");
  bool const written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  auto const reason = errno;
  ::close(file);
  errno = reason;
  if (!written) return failure("write");
  if (existing == Existing::replace) {
    if (::rename(draft.c_str(), path.c_str()) != 0) return failure("rename");
    return sync_folder_of(path);
  }
  bool const linked = ::link(draft.c_str(), path.c_str()) == 0;  // fails if there is one
  auto const error = errno;
  ::unlink(draft.c_str());
  errno = error;
  if (!linked) return failure("create");
  return sync_folder_of(path);
}

}  // namespace argosy
