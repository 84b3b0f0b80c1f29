// ebs/complete_snapshot.h - CompleteSnapshot: an upload takes no more blocks; its manifest is built
// afterwards. Source: ec2-semantics G.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/upload_gates.h"
#include "keystore/ebs_keys.h"
#include "messages/ebs/ebs.h"
#include "sql/session.h"

namespace argosy::ebs {

/// Answers `pending`; DescribeSnapshots says when it is completed, or why not. Repeating it with the same
/// count succeeds. Takes transactions of its own. Fails with ValidationException, ResourceNotFoundException,
/// AccessDeniedException (the key).
Result<messages::ebs::CompleteSnapshotResponse> complete_snapshot(
    sql::Pool& catalogue, content::Content& content, UploadGates& gates, keystore::EbsKeys const& keys,
    crypto::MasterKeys const& master_keys, access::Caller const& caller, Time now,
    messages::ebs::CompleteSnapshotRequest const& request);

}  // namespace argosy::ebs
