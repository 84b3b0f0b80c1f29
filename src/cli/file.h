// cli/file.h - an open file descriptor, and the failure that errno tells of.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "cli/failure.h"

namespace argosy::cli {

/// "PATH: WHAT: reason", from errno.
inline Failure system_failure(std::string const& path, char const* what) {
  return Failure(Exit::failed, path + ": " + what + ": " + std::strerror(errno));
}

/// As it was given where there is no working directory. QEMU takes what stands before a colon in another path
/// for a protocol.
inline std::string absolute_path(std::string const& path) {
  std::error_code error;
  auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

class File {
 public:
  /// `flags` as for open(2); the file is not inherited by processes that are started.
  static Outcome<File> open(std::string const& path, int flags) {
    int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (descriptor < 0) return std::unexpected(system_failure(path, "cannot open"));
    return File(descriptor);
  }
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace argosy::cli
