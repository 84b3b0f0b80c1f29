// base/boot.cpp - see boot.h.
#include "base/boot.h"

#include "base/log.h"
#include "base/private_file.h"

namespace argosy {

Result<std::string> read_boot_id() {
  auto const text = TRY(read_file("/proc/sys/kernel/random/boot_id"));
  return text.substr(0, text.find('\n'));
}

std::string boot_id(Entropy& entropy) {
  auto id = read_boot_id();
  if (id) return *id;
  log_warning("{}: uploads under way end when argosyd is killed", id.error().message);
  return make_uuid(entropy);
}

}  // namespace argosy
