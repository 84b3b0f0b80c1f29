// ec2/disable_image.h - DisableImage. Source: ec2-semantics B9.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "messages/ec2/disable_image.h"

namespace argosy::ec2 {

/// Again, it changes nothing. Fails with InvalidAMIID.Malformed, InvalidAMIID.NotFound, AuthFailure,
/// InvalidAMIID.Unavailable.
Result<messages::ec2::DisableImageResponse> disable_image(catalogue::Transaction& tx,
                                                          access::Caller const& caller,
                                                          messages::ec2::DisableImageRequest const& request);

}  // namespace argosy::ec2
