// machines/console.cpp - see console.h.
#include "machines/console.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/descriptor.h"

namespace argosy::machines {
namespace {

constexpr off_t kKeptBytes = 64 << 10;  // what GetConsoleOutput shows
constexpr off_t kMaxBytes = 1 << 20;    // of space; the work of giving it back is done once a megabyte
constexpr off_t kStatBlockBytes = 512;  // unit of st_blocks: stat(2)

}  // namespace

Result<std::optional<std::string>> read_end(std::string const& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  struct stat facts {};
  if (!file.is_open() || ::fstat(file.number(), &facts) != 0) return system_failure(path);
  auto const begin = std::max<off_t>(facts.st_size - kKeptBytes, 0);
  std::string text(static_cast<std::size_t>(facts.st_size - begin), '\0');
  auto const got = ::pread(file.number(), text.data(), text.size(), begin);
  if (got < 0) return system_failure(path);
  text.resize(static_cast<std::size_t>(got));
  return text;
}

void bound_file(std::string const& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0 || facts.st_blocks * kStatBlockBytes <= kMaxBytes) return;
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  auto const keep_size = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (::fallocate(file.number(), keep_size, 0, facts.st_size - kKeptBytes) != 0 && errno == EOPNOTSUPP)
    (void)!::ftruncate(file.number(), 0);
}

}  // namespace argosy::machines
