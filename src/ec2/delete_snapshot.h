// ec2/delete_snapshot.h - DeleteSnapshot. Source: ec2-semantics B14.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "images/snapshot.h"
#include "messages/ec2/delete_snapshot.h"

namespace argosy::ec2 {

/// Owner only. Fails with InvalidSnapshotID.Malformed, InvalidSnapshot.NotFound or .InUse, AuthFailure.
Result<messages::ec2::DeleteSnapshotResponse> delete_snapshot(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DeleteSnapshotRequest const& request);

/// With the upload or the copy that was still making it.
Result<void> remove_snapshot_and_work(catalogue::Transaction& tx, images::Snapshot const& snapshot);

}  // namespace argosy::ec2
