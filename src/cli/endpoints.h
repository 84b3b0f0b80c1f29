// cli/endpoints.h - from the one endpoint that was given to that of another region of the same partition.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "messages/ec2/describe_regions.h"

namespace argosy::cli {

/// By service; none: AWS's own.
using EndpointUrls = std::map<std::string, std::string, std::less<>>;

/// Where the services of `region` are, by what the given EC2 endpoint says of the regions. Nothing if it says
/// nothing else than was given, or does not list itself: a stand-in that lists AWS's own endpoints must not
/// lead there. Services that were given another authority than EC2 keep it.
std::optional<EndpointUrls> follow_endpoints(EndpointUrls const& given, std::string const& region,
                                             messages::ec2::DescribeRegionsResponse const& regions);

}  // namespace argosy::cli
