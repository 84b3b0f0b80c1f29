// instances/capacity.h - how many machines a host takes: pure.
#pragma once
#include <cstdint>
#include <string>

#include "base/error.h"

namespace argosy::instances {

/// What machines take of the host, or may take of it.
struct Capacity {
  std::int64_t machines = 0;
  std::int64_t vcpus = 0;
  std::int64_t memory_mib = 0;

  Capacity& operator+=(Capacity const& other) {
    machines += other.machines;
    vcpus += other.vcpus;
    memory_mib += other.memory_mib;
    return *this;
  }
};

/// What a machine takes of its host's memory beside its guest's, at most about: QEMU with the code that it
/// has translated and the cache of its disk servers; and each disk server. machines/ keeps to it
/// (command_line.cpp, disk_server.h).
inline constexpr std::int64_t kMachineOverheadMib = 256;
inline constexpr std::int64_t kDiskOverheadMib = 24;
/// Of the host, with so many disks.
constexpr Capacity with_overhead(Capacity machines, std::int64_t disks) {
  machines.memory_mib += machines.machines * kMachineOverheadMib + disks * kDiskOverheadMib;
  return machines;
}

/// How many machines of one size still fit: as many as the scarcest of the three allows, at most `wanted`.
std::int64_t how_many_fit(Capacity const& limit, Capacity const& used, Capacity const& each,
                          std::int64_t wanted);

}  // namespace argosy::instances
