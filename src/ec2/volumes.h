// ec2/volumes.h - CreateVolume, DeleteVolume, DescribeVolumes.
#pragma once
#include "access/caller.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/crypto.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/volumes.h"

namespace argosy::ec2 {

/// Answers `creating`. Fails with MissingParameter, InvalidParameterValue, InvalidParameterCombination,
/// InvalidParameterDependency, InvalidSnapshot.NotFound, IncorrectState, VolumeLimitExceeded,
/// IdempotentParameterMismatch.
Result<messages::ec2::Volume> create_volume(catalogue::Transaction& tx, access::Caller const& caller,
                                            Time now, Entropy& entropy, keystore::EbsKeys const& keys,
                                            messages::ec2::CreateVolumeRequest const& request);
/// Fails with InvalidVolume.NotFound, VolumeInUse.
Result<messages::ec2::DeleteVolumeResponse> delete_volume(catalogue::Transaction& tx,
                                                          access::Caller const& caller,
                                                          messages::ec2::DeleteVolumeRequest const& request);
Result<messages::ec2::DescribeVolumesResponse> describe_volumes(
    catalogue::Transaction& tx, access::Caller const& caller, std::string const& region,
    crypto::Key const& token_key, messages::ec2::DescribeVolumesRequest const& request);

}  // namespace argosy::ec2
