#include "instances/instance.h"

#include <gtest/gtest.h>

namespace argosy::instances {
namespace {

TEST(PrivateDnsName, has_no_region_in_the_first_region_only) {
  EXPECT_EQ(private_dns_name("172.31.0.7", "us-east-1"), "ip-172-31-0-7.ec2.internal");
  EXPECT_EQ(private_dns_name("172.31.0.7", "us-west-2"), "ip-172-31-0-7.us-west-2.compute.internal");
}

}  // namespace
}  // namespace argosy::instances
