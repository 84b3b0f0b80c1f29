// ec2/deregister_image.h - DeregisterImage, also the way to cancel a copy. Source: ec2-semantics B8.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "messages/ec2/deregister_image.h"

namespace argosy::ec2 {

/// Owner only. Fails with InvalidAMIID.Malformed, .NotFound or .Unavailable, AuthFailure.
Result<messages::ec2::DeregisterImageResponse> deregister_image(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DeregisterImageRequest const& request);

}  // namespace argosy::ec2
