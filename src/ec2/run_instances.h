// ec2/run_instances.h - RunInstances: machines are recorded here and started by the launcher. Source:
// ec2-semantics B19, D3.
#pragma once
#include "access/caller.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "ec2/machine_limits.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/run_instances.h"

namespace argosy::ec2 {

/// Answers `pending`; what only shows when a machine is made ready (a key that is closed to the caller) ends
/// it as `terminated` with the reason. Fails with InvalidAMIID.NotFound, InvalidAMIID.Unavailable,
/// InvalidParameterValue, InvalidParameterCombination, InvalidBlockDeviceMapping, InvalidKeyPair.NotFound,
/// AttachmentLimitExceeded, InstanceLimitExceeded, InsufficientInstanceCapacity, …
Result<messages::ec2::RunInstancesResponse> run_instances(catalogue::Transaction& tx,
                                                          access::Caller const& caller, Time now,
                                                          Entropy& entropy, keystore::EbsKeys const& keys,
                                                          HostRoom const& room,
                                                          messages::ec2::RunInstancesRequest const& request);

}  // namespace argosy::ec2
