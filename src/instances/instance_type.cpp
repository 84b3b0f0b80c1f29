// instances/instance_type.cpp - see instance_type.h: the catalogue.
#include "instances/instance_type.h"

#include <algorithm>

namespace argosy::instances {
namespace {

constexpr std::int64_t kMibPerGib = 1'024;

/// Names, vCPUs and memory are EC2's (m1.small has 1.7 GiB there, too); in order of name.
constexpr InstanceType kTypes[] = {
    {"c5.2xlarge", 8, 2, 16 * kMibPerGib, false, true},
    {"c5.large", 2, 2, 4 * kMibPerGib, false, true},
    {"c5.xlarge", 4, 2, 8 * kMibPerGib, false, true},
    {"m1.small", 1, 1, 1'740, false, false},
    {"m5.2xlarge", 8, 2, 32 * kMibPerGib, false, true},
    {"m5.large", 2, 2, 8 * kMibPerGib, false, true},
    {"m5.xlarge", 4, 2, 16 * kMibPerGib, false, true},
    {"r5.large", 2, 2, 16 * kMibPerGib, false, true},
    {"r5.xlarge", 4, 2, 32 * kMibPerGib, false, true},
    {"t2.large", 2, 1, 8 * kMibPerGib, true, true},
    {"t2.medium", 2, 1, 4 * kMibPerGib, true, true},
    {"t2.micro", 1, 1, 1 * kMibPerGib, true, true},
    {"t2.nano", 1, 1, 512, true, true},
    {"t2.small", 1, 1, 2 * kMibPerGib, true, true},
    {"t3.2xlarge", 8, 2, 32 * kMibPerGib, true, true},
    {"t3.large", 2, 2, 8 * kMibPerGib, true, true},
    {"t3.medium", 2, 2, 4 * kMibPerGib, true, true},
    {"t3.micro", 2, 2, 1 * kMibPerGib, true, true},
    {"t3.nano", 2, 2, 512, true, true},
    {"t3.small", 2, 2, 2 * kMibPerGib, true, true},
    {"t3.xlarge", 4, 2, 16 * kMibPerGib, true, true},
};
static_assert(std::ranges::is_sorted(kTypes, {}, &InstanceType::name));

}  // namespace

std::span<InstanceType const> instance_types() { return kTypes; }

InstanceType const* find_instance_type(std::string_view name) {
  auto const* found = std::ranges::lower_bound(kTypes, name, {}, &InstanceType::name);
  return found != std::end(kTypes) && found->name == name ? found : nullptr;
}

bool runs(std::string_view architecture) {
  return std::ranges::find(kArchitectures, architecture) != kArchitectures.end();
}

}  // namespace argosy::instances
