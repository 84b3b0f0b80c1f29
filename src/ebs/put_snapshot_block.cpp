// ebs/put_snapshot_block.cpp - PutSnapshotBlock: check, look at the upload, store.
#include "ebs/put_snapshot_block.h"

#include "ebs/errors.h"
#include "ebs/uploads.h"

namespace argosy::ebs {
namespace {

namespace m = messages::ebs;

Result<digest::Digest> check(m::PutSnapshotBlockRequest const& request, ByteView block) {
  if (request.data_length != m::kBlockSize || block.size() != static_cast<std::size_t>(m::kBlockSize))
    return invalid_parameter("A block has 524288 bytes; x-amz-Data-Length says " +
                             std::to_string(request.data_length) + " and the body has " +
                             std::to_string(block.size()));
  if (request.checksum_algorithm != "SHA256")
    return invalid_parameter("x-amz-Checksum-Algorithm must be SHA256");
  if (request.progress && (*request.progress < 0 || *request.progress > 100))
    return invalid_parameter("x-amz-Progress must be from 0 to 100");
  auto given = from_base64(request.checksum);
  if (!given || given->size() != 32)
    return invalid_parameter("x-amz-Checksum must be base64 of a SHA-256 digest");
  auto digest = digest::sha256(block);
  if (digest != digest::Digest::copy_of(*given))
    return invalid("INVALID_BLOCK",
                   "The block does not match its checksum: its SHA-256 is " + to_base64(digest.bytes));
  return digest;
}

}  // namespace

Result<m::PutSnapshotBlockResponse> put_snapshot_block(
    sql::Pool& catalogue, content::Content& content, UploadGates& gates, ContentLedger& ledger,
    keystore::EbsKeys const& keys, crypto::MasterKeys const& master_keys, access::Caller const& caller,
    Time now, m::PutSnapshotBlockRequest const& request, ByteView block) {
  auto digest = TRY(check(request, block));
  auto gate = gates.of(request.snapshot_id);
  std::shared_lock lock(*gate);
  auto upload = TRY(open_upload(catalogue, gates, keys, master_keys, caller, request.snapshot_id, now));
  if (upload.snapshot.state != images::SnapshotState::pending || upload.snapshot.completing)
    return invalid("INVALID_SNAPSHOT_ID", "The snapshot " + request.snapshot_id +
                                              " takes no more blocks: CompleteSnapshot was called");
  if (request.block_index < 0 ||
      static_cast<std::uint64_t>(request.block_index) >= content::blocks_of(upload.snapshot.volume_size_gib))
    return invalid_parameter("Block " + std::to_string(request.block_index) +
                             " is beyond the end of a volume of " +
                             std::to_string(upload.snapshot.volume_size_gib) + " GiB");
  TRY(ledger.charge_block(catalogue, caller, upload.snapshot, now));
  TRY(content.put_block(upload.domain, upload.journal, static_cast<std::uint64_t>(request.block_index), block,
                        digest));
  TRY(record_write(catalogue, gates, upload.snapshot, now, request.progress,
                   ledger.uploaded_bytes(caller.account, request.snapshot_id)));
  return m::PutSnapshotBlockResponse{to_base64(digest.bytes), "SHA256"};
}

}  // namespace argosy::ebs
