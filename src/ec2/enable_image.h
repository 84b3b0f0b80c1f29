// ec2/enable_image.h - EnableImage. Source: ec2-semantics B9.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "messages/ec2/enable_image.h"

namespace argosy::ec2 {

/// Again, it changes nothing. Fails with InvalidAMIID.Malformed, InvalidAMIID.NotFound, AuthFailure,
/// InvalidAMIID.Unavailable.
Result<messages::ec2::EnableImageResponse> enable_image(catalogue::Transaction& tx,
                                                        access::Caller const& caller,
                                                        messages::ec2::EnableImageRequest const& request);

}  // namespace argosy::ec2
