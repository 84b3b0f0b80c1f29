// tests/fuzz/config.cpp - argosyd's configuration file: taken, or refused with file, line and column.
#include "server/config.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fuzz/fuzz.h"

namespace argosy::fuzz {
namespace {

/// Of this process, and gone with it.
class File {
 public:
  File() : path_(std::filesystem::temp_directory_path() / ("fuzz-config-" + std::to_string(::getpid()))) {}
  ~File() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  std::string write(ByteView bytes) const {
    std::ofstream(path_, std::ios::binary) << as_text(bytes);
    return path_;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

void try_input(ByteView bytes) {
  static File const file;
  auto const path = file.write(bytes);
  auto config = server::read_config(path);
  check_error(config);
  if (!config) {
    ARGOSY_ASSERT(config.error().message.starts_with(path + ":"));
    return;
  }
  ARGOSY_ASSERT(!config->data_directory.empty() &&
                (config->root_key.token.has_value() || !config->root_key.file.empty()));
  ARGOSY_ASSERT(config->endpoint.workers >= 1 && config->endpoint.header_limit_bytes >= 4'096);
  check_error(server::check(*config));
}

}  // namespace argosy::fuzz
