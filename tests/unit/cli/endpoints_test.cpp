#include "cli/endpoints.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

messages::ec2::DescribeRegionsResponse regions(
    std::vector<std::pair<std::string, std::string>> const& endpoints) {
  messages::ec2::DescribeRegionsResponse out;
  for (auto const& [name, endpoint] : endpoints) {
    auto& region = out.region_info.emplace_back();
    region.region_name = name;
    region.region_endpoint = endpoint;
  }
  return out;
}

EndpointUrls const kGiven{{"ec2", "https://east.example:8443"},
                          {"ebs", "https://east.example:8443"},
                          {"sts", "https://sts.example"}};

TEST(Endpoints, are_followed_within_a_partition) {
  auto found =
      follow_endpoints(kGiven, "west", regions({{"east", "east.example:8443"}, {"west", "west.example"}}));
  EXPECT_EQ(found, (EndpointUrls{{"ec2", "https://west.example"},
                                 {"ebs", "https://west.example"},
                                 {"sts", "https://sts.example"}}));
}

TEST(Endpoints, stay_where_there_is_nothing_to_follow) {
  EXPECT_FALSE(follow_endpoints(kGiven, "east", regions({{"east", "east.example:8443"}})));
  EXPECT_FALSE(follow_endpoints(kGiven, "south", regions({{"east", "east.example:8443"}})));
  EXPECT_FALSE(follow_endpoints({}, "west", regions({{"west", "west.example"}})));
}

TEST(Endpoints, of_a_stand_in_for_aws_do_not_lead_to_aws) {
  EXPECT_FALSE(follow_endpoints(
      kGiven, "us-west-2",
      regions({{"us-east-1", "ec2.us-east-1.amazonaws.com"}, {"us-west-2", "ec2.us-west-2.amazonaws.com"}})));
}

}  // namespace
}  // namespace argosy::cli
