// ec2/copy_image.h - CopyImage: records the task; replication/ carries it out. Source: ec2-semantics B1.
//
// The source region is asked between check and record, while no transaction is open.
#pragma once
#include <optional>

#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/copy_image.h"
#include "messages/replication/replication.h"

namespace argosy::ec2 {

/// Syntax, what Argosy does not have, and the dry run. Fails with InvalidAMIName.Malformed,
/// InvalidAMIID.Malformed, InvalidParameterValue, InvalidParameterCombination, InvalidParameterDependency,
/// UnsupportedOperation.
Result<void> check_copy_image(messages::ec2::CopyImageRequest const& request);

/// The answer of the first call with the same client token. Fails with IdempotentParameterMismatch.
Result<std::optional<messages::ec2::CopyImageResponse>> find_earlier_copy(
    catalogue::Transaction& tx, access::Caller const& caller, messages::ec2::CopyImageRequest const& request);

/// Fails also with InvalidAMIName.Duplicate, ResourceLimitExceeded, InvalidRequest where encryption would be
/// removed. Whether a key can be used, the copy finds out.
Result<messages::ec2::CopyImageResponse> copy_image(catalogue::Transaction& tx, access::Caller const& caller,
                                                    Time now, Entropy& entropy, keystore::EbsKeys const& keys,
                                                    crypto::MasterKeys const& master_keys,
                                                    messages::replication::OpenResponse const& opened,
                                                    messages::ec2::CopyImageRequest const& request);

}  // namespace argosy::ec2
