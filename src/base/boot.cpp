// base/boot.cpp - see boot.h.
#include "base/boot.h"

#include <fstream>

#include "base/log.h"

namespace argosy {

std::string boot_id(Entropy& entropy) {
  constexpr auto kPath = "/proc/sys/kernel/random/boot_id";
  std::string id;
  std::ifstream file(kPath);
  if (file >> id) return id;
  log_warning("{} cannot be read: uploads under way end when argosyd is killed", kPath);
  return make_uuid(entropy);
}

}  // namespace argosy
