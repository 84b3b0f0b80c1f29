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

/// How many machines of one size still fit: as many as the scarcest of the three allows, at most `wanted`.
std::int64_t how_many_fit(Capacity const& limit, Capacity const& used, Capacity const& each,
                          std::int64_t wanted);

}  // namespace argosy::instances
