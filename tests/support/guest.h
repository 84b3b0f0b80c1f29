// support/guest.h - the operating system of tests: one sector that boots in a tenth of a second.
#pragma once
#include <string>

namespace argosy::tests {

enum class Guest {
  keeps_running,
  turns_itself_off,  ///< after its first line
};

/// It counts its boots in the disk's second sector, copies that sector to offset N MiB of the disk at boot N,
/// and prints "boot N" and a newline to the serial port (N below 10). Then it reads a sector 18 times a
/// second, ever on from 4 KiB after 2 MiB, and prints its first byte, or '!' if it cannot; and turns itself
/// off when the power button is pressed.
std::string boot_sector(Guest guest);

}  // namespace argosy::tests
