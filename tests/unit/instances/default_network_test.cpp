#include "instances/default_network.h"

#include <gtest/gtest.h>

#include <set>

#include "images/ids.h"

namespace argosy::instances {
namespace {

TEST(DefaultNetwork, has_ids_of_the_form_of_ec2) {
  auto network = default_network("111111111111", "us-west-2");
  EXPECT_TRUE(images::has_id_form(network.vpc_id, "vpc-"));
  EXPECT_TRUE(images::has_id_form(network.subnet_id, "subnet-"));
  EXPECT_TRUE(images::has_id_form(network.security_group_id, "sg-"));
  EXPECT_TRUE(images::has_id_form(network.dhcp_options_id, "dopt-"));
  EXPECT_EQ(network.availability_zone, "us-west-2a");
}

TEST(DefaultNetwork, is_the_same_at_every_time) {
  auto network = default_network("111111111111", "us-west-2");
  EXPECT_EQ(network.vpc_id, default_network("111111111111", "us-west-2").vpc_id);
}

TEST(DefaultNetwork, is_another_for_each_account_and_region) {
  std::set<std::string> ids;
  for (auto account : {"111111111111", "222222222222"})
    for (auto region : {"us-east-1", "us-west-2"}) {
      auto network = default_network(account, region);
      ids.insert(
          {network.vpc_id.substr(4), network.subnet_id.substr(7), network.security_group_id.substr(3)});
    }
  EXPECT_EQ(ids.size(), 12);
}

}  // namespace
}  // namespace argosy::instances
