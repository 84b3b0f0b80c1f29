#include "server/health.h"

#include <gtest/gtest.h>

namespace argosy::server {
namespace {

TEST(Health, takes_a_step_that_waits_for_another_region_for_no_stuck_one) {
  Pulse pulse{"us-east-1: uploads", 1, 0, std::chrono::hours(1), WaitsFor::nobody};
  EXPECT_TRUE(is_stuck(pulse));
  pulse.waits_for = WaitsFor::regions;
  EXPECT_FALSE(is_stuck(pulse));
  pulse = {"us-east-1: uploads", 1, 0, std::chrono::minutes(10), WaitsFor::nobody};
  EXPECT_FALSE(is_stuck(pulse));
}

TEST(Health, hears_of_a_background_thread_whom_its_steps_wait_for) {
  auto const step = []() -> Result<Time> { return system_clock().now() + std::chrono::hours(1); };
  EXPECT_EQ(Background("copies", system_clock(), WaitsFor::regions, step).pulse().waits_for,
            WaitsFor::regions);
  EXPECT_EQ(Background("uploads", system_clock(), WaitsFor::nobody, step).pulse().waits_for,
            WaitsFor::nobody);
}

}  // namespace
}  // namespace argosy::server
