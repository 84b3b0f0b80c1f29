// machines/acceleration.h - whether guests run under KVM or TCG: decided by booting something.
#pragma once
#include <string>

namespace argosy::machines {

/// "kvm" if /dev/kvm opens and the probe sector, booted under both in `folder`, is not slower under it; else
/// "tcg". A second or two; logs what was chosen and why.
std::string probe_acceleration(std::string const& qemu, std::string const& folder);

/// The same, asked once for each `qemu` in the life of this process: all regions of it run on one host. Any
/// thread.
std::string acceleration_of_host(std::string const& qemu, std::string const& folder);

/// The processor that a machine sees under it: what `-cpu` takes.
std::string processor(std::string const& acceleration);

}  // namespace argosy::machines
