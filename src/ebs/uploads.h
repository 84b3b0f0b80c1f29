// ebs/uploads.h - an upload as whoever writes to it meets it, between StartSnapshot and CompleteSnapshot.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/upload_gates.h"
#include "images/snapshot.h"
#include "keystore/ebs_keys.h"
#include "sql/session.h"

namespace argosy::ebs {

struct Upload {
  images::Snapshot snapshot;
  content::Domain domain;
  content::Upload journal;  ///< with its key, if it is encrypted and under way
};
/// An upload with its owner's domain, opened for the caller. Fails with KMS's codes.
Result<Upload> to_upload(sql::Transaction& tx, keystore::EbsKeys const& keys,
                         crypto::MasterKeys const& master_keys, access::Caller const& caller,
                         images::Snapshot snapshot);
/// The caller's own upload that still takes blocks. One that has timed out, or lost blocks with the machine's
/// power, becomes `error` here. Fails with ResourceNotFoundException, ValidationException
/// (INVALID_SNAPSHOT_ID, WRITE_REQUEST_TIMEOUT), and if the caller cannot use its key now with
/// ValidationException (INVALID_CUSTOMER_KEY) or AccessDeniedException (DEPENDENCY_ACCESS_DENIED).
Result<Upload> open_upload(sql::Pool& catalogue, UploadGates& gates, keystore::EbsKeys const& keys,
                           crypto::MasterKeys const& master_keys, access::Caller const& caller,
                           std::string const& id, Time now);
/// Durable on return: that the upload has blocks which may not be synced. Also the time of the last write,
/// once a minute, with how much was uploaded, and a new progress. Called before a block is acknowledged,
/// under the upload's gate.
Result<void> record_write(sql::Pool& catalogue, UploadGates& gates, images::Snapshot const& snapshot,
                          Time now, std::optional<std::int32_t> progress, std::int64_t uploaded_bytes);

/// The upload takes no more blocks, and is completed in the background. Durable on return. Whoever closes it
/// holds its gate alone, and has flushed what was put. Fails with ResourceNotFoundException.
Result<void> close_upload(sql::Pool& catalogue, std::string const& id, std::int64_t expected_blocks,
                          ByteView expected_checksum);

/// What the caller of CompleteSnapshot said against what his journal holds. Fails with ValidationException.
Result<void> check_summary(content::UploadSummary const& summary, std::int64_t expected_blocks,
                           ByteView expected_checksum);

}  // namespace argosy::ebs
