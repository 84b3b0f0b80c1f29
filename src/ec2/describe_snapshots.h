// ec2/describe_snapshots.h - DescribeSnapshots. Source: ec2-semantics B13.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "crypto/crypto.h"
#include "messages/ec2/describe_snapshots.h"

namespace argosy::ec2 {

/// One page. An id that exists but may not be seen is left out, as EC2 does it. Fails with
/// InvalidSnapshotID.Malformed, InvalidSnapshot.NotFound, InvalidUserID.Malformed, InvalidParameterValue,
/// FilterLimitExceeded, InvalidNextToken.
Result<messages::ec2::DescribeSnapshotsResponse> describe_snapshots(
    catalogue::Transaction& tx, access::Caller const& caller, crypto::Key const& token_key,
    messages::ec2::DescribeSnapshotsRequest const& request);

}  // namespace argosy::ec2
