// machines/command_line.h - how QEMU is called for a machine: pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "machines/driver.h"

namespace argosy::machines {

/// Files of a machine's folder, in which its QEMU runs.
constexpr char const* kQmpSocket = "qmp.sock";
constexpr char const* kConsoleFile = "console.log";
constexpr char const* kFirmwareVariables = "firmware-variables";

/// What this host adds to a machine.
struct Setting {
  std::string qemu{};
  std::string acceleration{};  ///< "kvm" or "tcg"
  std::vector<std::uint16_t> forwarded_ports{};
  std::vector<std::string> relay_command{};
  std::vector<std::string> secret_objects{};  ///< what -object takes, of the disks that have a secret
  std::string firmware{};                     ///< UEFI's code; empty: BIOS
};

/// No secret is among them. Fails with `invalid` on a machine that no PC can be.
Result<std::vector<std::string>> command_line(Machine const& machine, Setting const& setting);

/// What the machine's firmware says it is: EC2 instances have a UUID that begins with "ec2", which is how
/// cloud-init knows that there is a metadata service. Source: EC2 User Guide, "Identify EC2 Linux instances".
std::string system_uuid(std::string const& machine_id);

}  // namespace argosy::machines
