// instances/instance_type.h - the instance types that a region offers: EC2's names for sizes of machines.
// Source: EC2 User Guide, "Instance types".
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace argosy::instances {

struct InstanceType {
  std::string_view name;  ///< "t3.micro"
  std::int32_t vcpus = 1;
  std::int32_t threads_per_core = 1;  ///< vcpus is a multiple of it
  std::int64_t memory_mib = 0;
  bool burstable = false;  ///< of a family that EC2 sells by credits; a host of ours does not count these
  bool current_generation = true;
};

/// The host's virtual machine is the same whatever the family, so each type takes each of these.
inline constexpr std::array<std::string_view, 2> kArchitectures{"i386", "x86_64"};
inline constexpr std::array<std::string_view, 2> kBootModes{"legacy-bios", "uefi"};

/// What RunInstances takes if none is named. Source: EC2 API Reference, RunInstances.
inline constexpr std::string_view kDefaultInstanceType = "m1.small";

/// All of them, in order of name.
std::span<InstanceType const> instance_types();
/// Nothing: the region does not offer it.
InstanceType const* find_instance_type(std::string_view name);

/// Whether an image of that architecture runs on what a region offers.
bool runs(std::string_view architecture);

}  // namespace argosy::instances
