// ebs/uploads.h - uploads between StartSnapshot and the completed snapshot: who may write, and what ends
// them.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "content/content.h"
#include "crypto/crypto.h"
#include "ebs/upload_gates.h"
#include "images/snapshot.h"
#include "sql/session.h"

namespace argosy::ebs {

struct Upload {
  images::Snapshot snapshot;
  content::Domain domain;
};
/// The caller's own upload that still takes blocks. One that has timed out, or lost blocks with the machine's
/// power, becomes `error` here. Fails with ResourceNotFoundException, ValidationException
/// (INVALID_SNAPSHOT_ID, WRITE_REQUEST_TIMEOUT).
Result<Upload> open_upload(sql::Pool& catalogue, UploadGates& gates, crypto::Key const& root_key,
                           access::Caller const& caller, std::string const& id, Time now);
/// Durable on return: that the upload has blocks which may not be synced. Also the time of the last write,
/// once a minute, with how much was uploaded, and a new progress. Called before a block is acknowledged,
/// under the upload's gate.
Result<void> record_write(sql::Pool& catalogue, UploadGates& gates, images::Snapshot const& snapshot,
                          Time now, std::optional<std::int32_t> progress, std::int64_t uploaded_bytes);

/// What the caller of CompleteSnapshot said against what his journal holds. Fails with ValidationException.
Result<void> check_summary(content::UploadSummary const& summary, std::int64_t expected_blocks,
                           ByteView expected_checksum);

/// One bounded piece of what follows CompleteSnapshot: completes an upload or forgets a journal; tells when
/// to come back.
Result<Time> step_uploads(sql::Pool& catalogue, content::Content& content, crypto::Key const& root_key,
                          Time now);
/// Ends the uploads that timed out or lost blocks, and makes durable what was put to those that rest: a loss
/// of power then takes nothing from them.
Result<Time> step_open_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates, Time now);
/// At a start: ends every upload under way if the store's journal is damaged, for any of them may lack
/// blocks.
Result<void> end_damaged_uploads(sql::Pool& catalogue, content::Content& content);
/// Makes durable what was put to any upload: the last that a process does before it stops.
Result<void> settle_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates);

}  // namespace argosy::ebs
