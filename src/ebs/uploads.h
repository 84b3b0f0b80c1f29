// ebs/uploads.h - uploads between StartSnapshot and the completed snapshot: who may write, and what ends
// them.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "content/content.h"
#include "crypto/crypto.h"
#include "images/snapshot.h"
#include "sql/session.h"

namespace argosy::ebs {

struct Upload {
  images::Snapshot snapshot;
  content::Domain domain;
};
/// The caller's own upload that still takes blocks. One that has timed out becomes `error` here. Fails with
/// ResourceNotFoundException, ValidationException (INVALID_SNAPSHOT_ID, WRITE_REQUEST_TIMEOUT).
Result<Upload> open_upload(sql::Pool& catalogue, crypto::Key const& root_key, access::Caller const& caller,
                           std::string const& id, Time now);
/// Writes the time of the last write down, once a minute, or a new progress.
Result<void> record_write(sql::Pool& catalogue, images::Snapshot const& snapshot, Time now,
                          std::optional<std::int32_t> progress);

/// What the caller of CompleteSnapshot said against what his journal holds. Fails with ValidationException.
Result<void> check_summary(content::UploadSummary const& summary, std::int64_t expected_blocks,
                           ByteView expected_checksum);

/// One bounded piece of what follows CompleteSnapshot: completes an upload or forgets a journal; tells when
/// to come back.
Result<Time> step_uploads(sql::Pool& catalogue, content::Content& content, crypto::Key const& root_key,
                          Time now);
/// Ends the uploads that timed out.
Result<Time> step_upload_timeouts(sql::Pool& catalogue, Time now);

}  // namespace argosy::ebs
