// machines/probe_sector.h - a guest of one sector that shows whether an accelerator runs guests.
#pragma once
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace argosy::machines {

/// The port and the value that it writes at its end: QEMU's isa-debug-exit makes the exit code 2 * value + 1
/// of it.
constexpr int kProbeExitPort = 0x501;
constexpr int kProbeExitCode = 2 * 0x15 + 1;

/// 512 bytes for the first sector of a disk. Empty where the compiler does not assemble for x86: such a host
/// has no KVM for our machines either.
ByteView probe_sector();

}  // namespace argosy::machines
