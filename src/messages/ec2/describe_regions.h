// messages/ec2/describe_regions.h - what DescribeRegions says and hears. Source: EC2 API Reference,
// API_DescribeRegions.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeRegionsRequest {
  std::vector<std::string> region_name;
  std::optional<bool> all_regions;
  bool dry_run = false;
  std::vector<Filter> filter;
};
BOOST_DESCRIBE_STRUCT(DescribeRegionsRequest, (), (region_name, all_regions, dry_run, filter))

struct DescribeRegionsResponse {
  std::vector<Region> region_info;
};
BOOST_DESCRIBE_STRUCT(DescribeRegionsResponse, (), (region_info))

}  // namespace argosy::messages::ec2
