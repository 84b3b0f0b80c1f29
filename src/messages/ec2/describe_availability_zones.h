// messages/ec2/describe_availability_zones.h - what DescribeAvailabilityZones says and hears. Source: EC2 API
// Reference, API_DescribeAvailabilityZones.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeAvailabilityZonesRequest {
  std::vector<std::string> zone_name;
  std::vector<std::string> zone_id;
  std::optional<bool> all_availability_zones;
  bool dry_run = false;
  std::vector<Filter> filter;
};
BOOST_DESCRIBE_STRUCT(DescribeAvailabilityZonesRequest, (),
                      (zone_name, zone_id, all_availability_zones, dry_run, filter))

struct DescribeAvailabilityZonesResponse {
  std::vector<AvailabilityZone> availability_zone_info;
};
BOOST_DESCRIBE_STRUCT(DescribeAvailabilityZonesResponse, (), (availability_zone_info))

}  // namespace argosy::messages::ec2
