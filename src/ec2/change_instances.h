// ec2/change_instances.h - StartInstances, StopInstances, RebootInstances, TerminateInstances,
// ModifyInstanceAttribute: what the owner wants is recorded here, and done by the launcher. Source:
// ec2-semantics B19.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "ec2/machine_limits.h"
#include "messages/ec2/change_instances.h"

namespace argosy::ec2 {

/// All or none: one id that is not the caller's, or one instance in a wrong state, changes nothing. They fail
/// with InvalidInstanceID.NotFound, InvalidInstanceID.Malformed, IncorrectInstanceState,
/// OperationNotPermitted; starting also with InstanceLimitExceeded, VcpuLimitExceeded and
/// InsufficientInstanceCapacity.
Result<messages::ec2::InstanceStateChanges> start_instances(
    catalogue::Transaction& tx, access::Caller const& caller, Time now, HostRoom const& room,
    messages::ec2::StartInstancesRequest const& request);
Result<messages::ec2::InstanceStateChanges> stop_instances(
    catalogue::Transaction& tx, access::Caller const& caller, Time now,
    messages::ec2::StopInstancesRequest const& request);
Result<messages::ec2::InstanceStateChanges> terminate_instances(
    catalogue::Transaction& tx, access::Caller const& caller, Time now,
    messages::ec2::TerminateInstancesRequest const& request);
Result<messages::ec2::RebootInstancesResponse> reboot_instances(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::RebootInstancesRequest const& request);

/// Protection, what a shutdown from inside does, and of a stopped instance its user data. Fails also with
/// InvalidParameterCombination (more than one attribute), InvalidParameterValue, IncorrectInstanceState.
Result<messages::ec2::ModifyInstanceAttributeResponse> modify_instance_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::ModifyInstanceAttributeRequest const& request);

}  // namespace argosy::ec2
