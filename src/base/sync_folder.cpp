// base/sync_folder.cpp - see sync_folder.h.
#include "base/sync_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace argosy {

Result<void> sync_folder(std::string const& path) {
  int const descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool const synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  int const code = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (synced) return {};
  return fail(code == ENOENT ? Fault::not_found : Fault::unavailable,
              path + ": sync: " + std::strerror(code));
}

}  // namespace argosy
