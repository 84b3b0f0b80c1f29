// ec2/describe_images.h - DescribeImages. Source: ec2-semantics B2.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "catalogue/schema.h"
#include "crypto/crypto.h"
#include "messages/ec2/describe_images.h"

namespace argosy::ec2 {

/// One page. Fails with InvalidAMIID.Malformed or .NotFound, InvalidUserID.Malformed, InvalidParameterValue,
/// FilterLimitExceeded, InvalidNextToken.
Result<messages::ec2::DescribeImagesResponse> describe_images(
    catalogue::Transaction& tx, access::Caller const& caller, Time now, crypto::Key const& token_key,
    messages::ec2::DescribeImagesRequest const& request);

}  // namespace argosy::ec2
