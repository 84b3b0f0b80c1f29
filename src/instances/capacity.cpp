// instances/capacity.cpp - see capacity.h.
#include "instances/capacity.h"

#include <algorithm>

namespace argosy::instances {

std::int64_t how_many_fit(Capacity const& limit, Capacity const& used, Capacity const& each,
                          std::int64_t wanted) {
  auto fit = wanted;
  auto const consider = [&](std::int64_t most, std::int64_t taken, std::int64_t one) {
    if (one > 0) fit = std::min(fit, (most - taken) / one);
  };
  consider(limit.machines, used.machines, each.machines);
  consider(limit.vcpus, used.vcpus, each.vcpus);
  consider(limit.memory_mib, used.memory_mib, each.memory_mib);
  return std::max<std::int64_t>(fit, 0);
}

}  // namespace argosy::instances
