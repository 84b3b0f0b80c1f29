#include "server/machines.h"

#include <gtest/gtest.h>

namespace argosy::server {
namespace {

TEST(MachineOptions, take_as_many_of_the_smallest_as_the_memory_holds_with_what_serves_them) {
  constexpr std::int64_t kEachMib = 512 + instances::kMachineOverheadMib + instances::kDiskOverheadMib;
  auto const count = [](std::int64_t memory_mib) {
    MachineOptions options;
    options.limit.memory_mib = memory_mib;
    return with_defaults(options).limit.machines;
  };
  EXPECT_EQ(count(10 * kEachMib), 10);
  EXPECT_EQ(count(10 * kEachMib - 1), 9);
  EXPECT_EQ(count(1), 1);
}

}  // namespace
}  // namespace argosy::server
