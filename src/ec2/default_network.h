// ec2/default_network.h - DescribeVpcs, DescribeSubnets, DescribeSecurityGroups: the caller's default
// network, the only one there is.
#pragma once
#include <string>

#include "access/caller.h"
#include "messages/ec2/describe_security_groups.h"
#include "messages/ec2/describe_subnets.h"
#include "messages/ec2/describe_vpcs.h"

namespace argosy::ec2 {

/// Fails with InvalidVpcID.NotFound, InvalidParameterValue, FilterLimitExceeded.
Result<messages::ec2::DescribeVpcsResponse> describe_vpcs(access::Caller const& caller,
                                                          std::string const& region,
                                                          messages::ec2::DescribeVpcsRequest const& request);
/// Fails with InvalidSubnetID.NotFound, and as above.
Result<messages::ec2::DescribeSubnetsResponse> describe_subnets(
    access::Caller const& caller, std::string const& region,
    messages::ec2::DescribeSubnetsRequest const& request);
/// Fails with InvalidGroup.NotFound, InvalidGroupId.Malformed, and as above.
Result<messages::ec2::DescribeSecurityGroupsResponse> describe_security_groups(
    access::Caller const& caller, std::string const& region,
    messages::ec2::DescribeSecurityGroupsRequest const& request);

}  // namespace argosy::ec2
