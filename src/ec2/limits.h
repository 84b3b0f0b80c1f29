// ec2/limits.h - whether an account may have one more of something. Source of the codes: ec2-semantics A3,
// B1, E.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "messages/replication/replication.h"

namespace argosy::ec2 {

/// Fails with ResourceLimitExceeded.
Result<void> check_image_limit(catalogue::Transaction& tx, access::Caller const& caller);

/// Whether the account may have the copies and snapshots that are about to be recorded. Fails with
/// ResourceLimitExceeded, SnapshotLimitExceeded.
Result<void> check_copy_limits(catalogue::Transaction& tx, access::Caller const& caller, bool of_images,
                               messages::replication::OpenResponse const& opened);

/// After permissions were added to an image or snapshot. Fails with ResourceLimitExceeded.
Result<void> check_permission_limit(catalogue::Transaction& tx, access::Caller const& caller,
                                    std::string_view resource);

}  // namespace argosy::ec2
