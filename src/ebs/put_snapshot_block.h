// ebs/put_snapshot_block.h - PutSnapshotBlock. Source: ec2-semantics G.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/content_ledger.h"
#include "ebs/upload_gates.h"
#include "keystore/ebs_keys.h"
#include "messages/ebs/ebs.h"
#include "sql/session.h"

namespace argosy::ebs {

/// Survives the death of the process on return. Takes transactions of its own: the block's record is its
/// journal, and needs no commit. Fails with ValidationException, ResourceNotFoundException,
/// AccessDeniedException (the key).
Result<messages::ebs::PutSnapshotBlockResponse> put_snapshot_block(
    sql::Pool& catalogue, content::Content& content, UploadGates& gates, ContentLedger& ledger,
    keystore::EbsKeys const& keys, crypto::MasterKeys const& master_keys, access::Caller const& caller,
    Time now, messages::ebs::PutSnapshotBlockRequest const& request, ByteView block);

}  // namespace argosy::ebs
