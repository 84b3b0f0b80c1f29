// ec2/regions.h - DescribeRegions and DescribeAvailabilityZones: the regions of this endpoint, one zone each.
#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "messages/ec2/describe_availability_zones.h"
#include "messages/ec2/describe_regions.h"

namespace argosy::ec2 {

/// `endpoint` is the authority that clients reach this server by.
Result<messages::ec2::DescribeRegionsResponse> describe_regions(
    std::vector<std::string> const& regions, std::string const& endpoint,
    messages::ec2::DescribeRegionsRequest const& request);
Result<messages::ec2::DescribeAvailabilityZonesResponse> describe_availability_zones(
    std::string const& region, messages::ec2::DescribeAvailabilityZonesRequest const& request);

}  // namespace argosy::ec2
