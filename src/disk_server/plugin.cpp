// disk_server/plugin.cpp - the disk as nbdkit serves it: nbdkit-argosy-plugin.so. Source: nbdkit-plugin(3).
#define NBDKIT_API_VERSION 2
#include <malloc.h>
#include <nbdkit-plugin.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>

#include "disk_server/disk.h"

namespace argosy::disk_server {
namespace {

struct Plugin {
  std::unique_ptr<SessionFile> file;
  DiskOptions options;
  std::unique_ptr<Disk> disk;  ///< from when nbdkit has forked: it has threads
};
Plugin& plugin() {
  static Plugin instance;
  return instance;
}

bool sleep(Duration duration) {
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  auto const rest = std::chrono::nanoseconds(duration - seconds);
  return nbdkit_nanosleep(static_cast<unsigned>(seconds.count()), static_cast<unsigned>(rest.count())) == 0;
}

/// What nbdkit takes for a failure, after it was told what happened.
int failed(std::string const& message) {
  nbdkit_error("%s", message.c_str());
  nbdkit_set_error(EIO);
  return -1;
}

/// No exception may reach nbdkit, which is C.
template <class Function>
int guarded(Function const& function) {
  try {
    Result<void> const result = function();
    return result ? 0 : failed(result.error().message);
  } catch (std::exception const& exception) {
    return failed(exception.what());
  }
}

Result<void> configure(std::string_view key, char const* value) {
  if (key == "session") {
    std::unique_ptr<char, decltype(&std::free)> const path(nbdkit_absolute_path(value), &std::free);
    if (!path) return fail(Fault::invalid, "the path of the session is not valid");
    plugin().file = TRY(SessionFile::open(path.get()));
    return {};
  }
  if (key == "cache") {
    auto const bytes = nbdkit_parse_size(value);
    if (bytes < 0) return fail(Fault::invalid, "cache is a size, as in 64M");
    plugin().options.cache_bytes = static_cast<std::uint64_t>(bytes);
    return {};
  }
  if (key == "patience") {
    unsigned seconds = 0;
    if (nbdkit_parse_unsigned("patience", value, &seconds) != 0)
      return fail(Fault::invalid, "patience is a number of seconds");
    plugin().options.patience = std::chrono::seconds(seconds);
    return {};
  }
  return fail(Fault::invalid, "unknown parameter " + std::string(key));
}

int config(char const* key, char const* value) {
  return guarded([&] { return configure(key, value); });
}
int config_complete() {
  if (plugin().file) return 0;
  nbdkit_error("say which disk to serve: session=FILE");
  return -1;
}
int after_fork() {
  // Blocks go back to the system when they are forgotten, instead of lying about in the arenas of many
  // threads.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  return guarded([]() -> Result<void> {
    plugin().disk = std::make_unique<Disk>(*plugin().file, open_transport, system_clock(), plugin().options);
    return {};
  });
}
void unload() {
  plugin().disk.reset();
  plugin().file.reset();
}

void* open_disk(int /*readonly*/) { return NBDKIT_HANDLE_NOT_NEEDED; }
std::int64_t get_size(void* /*handle*/) { return plugin().file->current()->volume_size_bytes; }
int yes(void* /*handle*/) { return 1; }

int read(void* /*handle*/, void* buffer, std::uint32_t count, std::uint64_t offset, std::uint32_t /*flags*/) {
  return guarded([&] {
    return plugin().disk->read(offset, {static_cast<std::byte*>(buffer), count}, sleep);
  });
}

int extents(void* /*handle*/, std::uint32_t count, std::uint64_t offset, std::uint32_t /*flags*/,
            nbdkit_extents* out) {
  return guarded([&]() -> Result<void> {
    auto const found = TRY(plugin().disk->extents(offset, count, sleep));
    for (auto const& extent : found)
      if (nbdkit_add_extent(out, extent.offset, extent.length,
                            extent.hole ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0U) != 0)
        return fail(Fault::unavailable, "nbdkit takes no more extents");
    return {};
  });
}

nbdkit_plugin describe() {
  nbdkit_plugin out{};
  out.name = "argosy";
  out.longname = "Argosy disk server";
  out.version = ARGOSY_VERSION;
  out.description = "Serves a snapshot of EBS direct, read block by block when it is needed";
  out.config_help =
      "session=<FILE>       (required) what to serve, with which credentials: JSON, mode 0600\n"
      "cache=<SIZE>         memory for blocks that were read lately, default 64M\n"
      "patience=<SECONDS>   how long a read waits for a region that is away, default a day";
  out.magic_config_key = "session";
  out.unload = unload;
  out.config = config;
  out.config_complete = config_complete;
  out.after_fork = after_fork;
  out.open = open_disk;
  out.get_size = get_size;
  out.can_multi_conn = yes;
  out.can_extents = yes;
  out.pread = read;
  out.extents = extents;
  return out;
}

}  // namespace
}  // namespace argosy::disk_server

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL
static nbdkit_plugin description = argosy::disk_server::describe();
NBDKIT_REGISTER_PLUGIN(description)
