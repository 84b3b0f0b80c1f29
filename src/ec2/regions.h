// ec2/regions.h - DescribeRegions and DescribeAvailabilityZones: the regions of the partition, one zone each.
#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "messages/ec2/describe_availability_zones.h"
#include "messages/ec2/describe_regions.h"

namespace argosy::ec2 {

/// A region, and the authority that clients reach it by.
struct RegionEndpoint {
  std::string name;
  std::string endpoint;
};
/// The id of a region's zone: "us-east-1" -> "use1-az1".
std::string zone_id_of(std::string const& region);

Result<messages::ec2::DescribeRegionsResponse> describe_regions(
    std::vector<RegionEndpoint> const& regions, messages::ec2::DescribeRegionsRequest const& request);
Result<messages::ec2::DescribeAvailabilityZonesResponse> describe_availability_zones(
    std::string const& region, messages::ec2::DescribeAvailabilityZonesRequest const& request);

}  // namespace argosy::ec2
