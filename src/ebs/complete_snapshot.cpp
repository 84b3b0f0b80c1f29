// ebs/complete_snapshot.cpp - CompleteSnapshot: check what was said against the journal, then close the
// upload.
#include "ebs/complete_snapshot.h"

#include "ebs/errors.h"
#include "ebs/uploads.h"

namespace argosy::ebs {
namespace {

namespace m = messages::ebs;

Result<Bytes> check(m::CompleteSnapshotRequest const& request) {
  if (request.changed_blocks_count < 0)
    return invalid_parameter("x-amz-ChangedBlocksCount must not be negative");
  if (request.checksum_algorithm && *request.checksum_algorithm != "SHA256")
    return invalid_parameter("x-amz-Checksum-Algorithm must be SHA256");
  if (request.checksum_aggregation_method && *request.checksum_aggregation_method != "LINEAR")
    return invalid_parameter("x-amz-Checksum-Aggregation-Method must be LINEAR");
  if (!request.checksum) return Bytes{};
  auto checksum = from_base64(*request.checksum);
  if (!checksum || checksum->size() != 32)
    return invalid_parameter("x-amz-Checksum must be base64 of a SHA-256 digest");
  return checksum;
}

}  // namespace

Result<m::CompleteSnapshotResponse> complete_snapshot(sql::Pool& catalogue, content::Content& content,
                                                      UploadGates& gates, keystore::EbsKeys const& keys,
                                                      crypto::MasterKeys const& master_keys,
                                                      access::Caller const& caller, Time now,
                                                      m::CompleteSnapshotRequest const& request) {
  auto checksum = TRY(check(request));
  auto gate = gates.of(request.snapshot_id);
  std::unique_lock lock(*gate);
  auto upload = TRY(open_upload(catalogue, gates, keys, master_keys, caller, request.snapshot_id, now));
  auto const& known = upload.snapshot;
  bool const closed = known.completing || known.state == images::SnapshotState::completed;
  if (closed && known.expected_blocks == request.changed_blocks_count)
    return m::CompleteSnapshotResponse{std::string(images::to_text(known.state))};
  if (closed) return invalid("INVALID_SNAPSHOT_ID", "CompleteSnapshot was called before with another count");
  auto summary = TRY(content.summarize(upload.journal));  // which flushes: all that was put is durable
  TRY(check_summary(summary, request.changed_blocks_count, checksum));
  TRY(close_upload(catalogue, request.snapshot_id, request.changed_blocks_count, checksum));
  return m::CompleteSnapshotResponse{"pending"};
}

}  // namespace argosy::ebs
