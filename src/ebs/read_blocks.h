// ebs/read_blocks.h - ListSnapshotBlocks, ListChangedBlocks, GetSnapshotBlock. Source: ec2-semantics G.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "content/content.h"
#include "crypto/crypto.h"
#include "ebs/volume_session.h"
#include "keystore/ebs_keys.h"
#include "messages/ebs/ebs.h"
#include "sql/session.h"

namespace argosy::ebs {

/// Who reads: an account, or what serves one of its volumes.
struct Reader {
  access::Caller const& caller;
  VolumeSession const* session = nullptr;
};

/// All three read completed snapshots that are the caller's own or shared with him by name; a public one is
/// not enough. They hold no transaction while content is read. They fail with ResourceNotFoundException,
/// AccessDeniedException, ValidationException.
///
/// With a session the first and the last read the session's snapshot with what was opened at launch, whatever
/// became of snapshot, share and key since, as long as the volume is there; any other snapshot does not
/// exist.
Result<messages::ebs::ListSnapshotBlocksResponse> list_snapshot_blocks(
    sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
    crypto::Key const& token_key, Reader const& reader, Time now,
    messages::ebs::ListSnapshotBlocksRequest const& request);
Result<messages::ebs::ListChangedBlocksResponse> list_changed_blocks(
    sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
    crypto::Key const& token_key, Reader const& reader, Time now,
    messages::ebs::ListChangedBlocksRequest const& request);
Result<messages::ebs::GetSnapshotBlockResponse> get_snapshot_block(
    sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
    crypto::Key const& token_key, Reader const& reader, Time now,
    messages::ebs::GetSnapshotBlockRequest const& request);

}  // namespace argosy::ebs
