#include "instances/instance_type.h"

#include <gtest/gtest.h>

namespace argosy::instances {
namespace {

TEST(InstanceType, is_found_by_its_name) {
  auto const* type = find_instance_type("t3.micro");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->vcpus, 2);
  EXPECT_EQ(type->memory_mib, 1'024);
}

TEST(InstanceType, that_is_not_offered_is_not_found) {
  for (auto name : {"", "t3", "t3.", "t3.micro2", "T3.micro", "a1.large", "z1d.large"})
    EXPECT_EQ(find_instance_type(name), nullptr) << name;
}

TEST(InstanceType, each_is_found_and_whole) {
  for (auto const& type : instance_types()) {
    EXPECT_EQ(find_instance_type(type.name), &type);
    EXPECT_GE(type.memory_mib, 512) << type.name;
    ASSERT_GE(type.threads_per_core, 1) << type.name;
    EXPECT_EQ(type.vcpus % type.threads_per_core, 0) << type.name;
  }
}

TEST(InstanceType, that_nobody_names_is_offered) {
  EXPECT_NE(find_instance_type(kDefaultInstanceType), nullptr);
}

TEST(InstanceType, runs_what_an_x86_processor_runs) {
  EXPECT_TRUE(runs("x86_64"));
  EXPECT_TRUE(runs("i386"));
  EXPECT_FALSE(runs("arm64"));
}

}  // namespace
}  // namespace argosy::instances
