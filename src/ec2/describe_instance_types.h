// ec2/describe_instance_types.h - DescribeInstanceTypes: the catalogue of types, the same in every region.
#pragma once
#include "access/caller.h"
#include "crypto/crypto.h"
#include "messages/ec2/describe_instance_types.h"

namespace argosy::ec2 {

/// One page; it tells what a machine of that type has here, and of what EC2 has besides, that it has not.
/// Fails with InvalidInstanceType, InvalidParameterCombination, InvalidParameterValue, FilterLimitExceeded,
/// InvalidNextToken.
Result<messages::ec2::DescribeInstanceTypesResponse> describe_instance_types(
    access::Caller const& caller, crypto::Key const& token_key,
    messages::ec2::DescribeInstanceTypesRequest const& request);

}  // namespace argosy::ec2
