// machines/firmware.h - UEFI for machines that boot by it: Debian's OVMF.
#pragma once
#include <string>

#include "base/error.h"

namespace argosy::machines {

/// The path of its code, and a machine's own copy of its variables in `folder`, which stays if it is there.
/// Fails with `unavailable` if the package is missing.
Result<std::string> prepare_firmware(std::string const& folder);

}  // namespace argosy::machines
