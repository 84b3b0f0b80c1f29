// base/boot.h - which run of the machine this is: what was written and not synced outlives a process, not the
// machine.
#pragma once
#include <string>

#include "base/entropy.h"
#include "base/error.h"

namespace argosy {

/// The same for every process between two starts of the machine. Source: random(4), boot_id.
Result<std::string> read_boot_id();

/// The same; where the kernel does not tell, a new one for each call: who compares then takes a restart of
/// the process for one of the machine.
std::string boot_id(Entropy& entropy);

}  // namespace argosy
