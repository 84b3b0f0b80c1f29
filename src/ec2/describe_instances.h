// ec2/describe_instances.h - DescribeInstances, DescribeInstanceStatus, DescribeInstanceAttribute. Source:
// ec2-semantics A6, B19.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "crypto/crypto.h"
#include "messages/ec2/change_instances.h"

namespace argosy::ec2 {

/// Instances are grouped by reservation, those of one that are neighbours in the list. They fail with
/// InvalidInstanceID.Malformed, InvalidInstanceID.NotFound, InvalidParameterCombination (ids and MaxResults),
/// InvalidParameterValue (filters, MaxResults).
Result<messages::ec2::DescribeInstancesResponse> describe_instances(
    catalogue::Transaction& tx, access::Caller const& caller, std::string const& region,
    crypto::Key const& token_key, messages::ec2::DescribeInstancesRequest const& request);
Result<messages::ec2::DescribeInstanceStatusResponse> describe_instance_status(
    catalogue::Transaction& tx, access::Caller const& caller, std::string const& region,
    crypto::Key const& token_key, messages::ec2::DescribeInstanceStatusRequest const& request);
Result<messages::ec2::DescribeInstanceAttributeResponse> describe_instance_attribute(
    catalogue::Transaction& tx, access::Caller const& caller, std::string const& region,
    messages::ec2::DescribeInstanceAttributeRequest const& request);

/// The instance whose console the caller may read: what it wrote is the launcher's to tell.
Result<std::string> check_console_output(catalogue::Transaction& tx, access::Caller const& caller,
                                         messages::ec2::GetConsoleOutputRequest const& request);

}  // namespace argosy::ec2
