// ebs/start_snapshot.h - StartSnapshot: an upload begins. Source: ec2-semantics G.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "keystore/ebs_keys.h"
#include "messages/ebs/ebs.h"

namespace argosy::ebs {

/// Fails with ValidationException, ResourceNotFoundException, ConflictException (a client token with other
/// parameters), ConcurrentLimitExceededException, ServiceQuotaExceededException, UnsupportedOperation
/// (encryption).
Result<messages::ebs::StartSnapshotResponse> start_snapshot(
    catalogue::Transaction& tx, access::Caller const& caller, Time now, Entropy& entropy,
    keystore::EbsKeys const& keys, crypto::MasterKeys const& master_keys,
    messages::ebs::StartSnapshotRequest const& request);

}  // namespace argosy::ebs
