// tests/nbdkit/session_file_plugin.cpp - a disk server for tests: its session file holds the path of the file
// that it serves. It looks again for each read, and fails it as long as there is none.
#define NBDKIT_API_VERSION 2
#include <fcntl.h>
#include <nbdkit-plugin.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

namespace {

std::string session;

int open_disk() {
  std::string path;
  std::getline(std::ifstream(session), path);
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) nbdkit_error("%s: %s", path.c_str(), std::strerror(errno));
  return file;
}

int config(char const* key, char const* value) {
  if (std::strcmp(key, "cache") == 0) return 0;  // it needs none
  if (std::strcmp(key, "session") != 0) return -1;
  session = value;
  return 0;
}

void* open(int) { return NBDKIT_HANDLE_NOT_NEEDED; }

std::int64_t get_size(void*) {
  struct stat facts {};
  int const file = open_disk();
  bool const known = file >= 0 && ::fstat(file, &facts) == 0;
  if (file >= 0) ::close(file);
  return known ? facts.st_size : -1;
}

int pread(void*, void* out, std::uint32_t count, std::uint64_t offset, std::uint32_t) {
  int const file = open_disk();
  auto const got = file < 0 ? -1 : ::pread(file, out, count, static_cast<off_t>(offset));
  if (file >= 0) ::close(file);
  if (got == static_cast<ssize_t>(count)) return 0;
  nbdkit_set_error(EIO);
  return -1;
}

}  // namespace

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

extern "C" nbdkit_plugin* plugin_init() {
  static nbdkit_plugin plugin;
  plugin._struct_size = sizeof(plugin);
  plugin._api_version = NBDKIT_API_VERSION;
  plugin._thread_model = THREAD_MODEL;
  plugin.name = "session-file";
  plugin.config = config;
  plugin.open = open;
  plugin.get_size = get_size;
  plugin.pread = pread;
  return &plugin;
}
