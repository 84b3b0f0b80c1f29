// ec2/copy_snapshot.h - CopySnapshot: records the task; replication/ carries it out. Source: ec2-semantics
// B12.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/copy_snapshot.h"
#include "messages/replication/replication.h"

namespace argosy::ec2 {

/// Syntax, what Argosy does not have, and the dry run. `region` is this one. PresignedUrl is accepted and not
/// needed: regions know each other. Fails with InvalidSnapshotID.Malformed, InvalidParameterValue,
/// UnsupportedOperation, ….
Result<void> check_copy_snapshot(std::string const& region,
                                 messages::ec2::CopySnapshotRequest const& request);

/// Fails also with ResourceLimitExceeded, InvalidRequest where encryption would be removed. There is no
/// client token: a second call makes a second copy.
Result<messages::ec2::CopySnapshotResponse> copy_snapshot(catalogue::Transaction& tx,
                                                          access::Caller const& caller, Time now,
                                                          Entropy& entropy, keystore::EbsKeys const& keys,
                                                          crypto::MasterKeys const& master_keys,
                                                          messages::replication::OpenResponse const& opened,
                                                          messages::ec2::CopySnapshotRequest const& request);

}  // namespace argosy::ec2
