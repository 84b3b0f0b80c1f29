// ec2/register_image.h - RegisterImage. Source: ec2-semantics B6.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "messages/ec2/register_image.h"

namespace argosy::ec2 {

/// Fails with InvalidAMIName.Malformed or .Duplicate, InvalidParameterValue, InvalidBlockDeviceMapping,
/// InvalidSnapshotID.Malformed, InvalidSnapshot.NotFound, IncorrectState, UnsupportedOperation,
/// ResourceLimitExceeded.
Result<messages::ec2::RegisterImageResponse> register_image(
    catalogue::Transaction& tx, access::Caller const& caller, Time now, Entropy& entropy,
    messages::ec2::RegisterImageRequest const& request);

}  // namespace argosy::ec2
