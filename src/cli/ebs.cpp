// cli/ebs.cpp - see ebs.h.
#include "cli/ebs.h"

#include "crypto/sigv4.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

constexpr int kBlocksPerPage = 10'000;

template <class Response>
Outcome<Response> decode(http::Response const& response) {
  return TRY(
      wire::decode_json<Response>(as_text(response.body), wire::Naming::upper_camel, wire::kListLimits));
}

std::string block_path(std::string const& snapshot_id, std::uint64_t index) {
  return "/snapshots/" + snapshot_id + "/blocks/" + std::to_string(index);
}

std::string page_query(PageStart const& start) {
  auto query = "maxResults=" + std::to_string(kBlocksPerPage);
  if (start.token) return query + "&pageToken=" + crypto::percent_encode(*start.token, false);
  if (start.block_index > 0) return query + "&startingBlockIndex=" + std::to_string(start.block_index);
  return query;
}

}  // namespace

Outcome<std::string> start_snapshot(Session& session, ebs::StartSnapshotRequest const& request) {
  http::Request http{"POST", "/snapshots", "", {{"Content-Type", "application/json"}}, {}, "", {}};
  http.body = to_bytes(as_bytes(wire::encode_json(request, wire::Naming::upper_camel)));
  auto response = TRY(session.ebs(std::move(http)));
  auto started = TRY(decode<ebs::StartSnapshotResponse>(response));
  return started.snapshot_id;
}

Outcome<void> put_block(Session& session, std::string const& snapshot_id, std::uint64_t index, Bytes block,
                        digest::Digest const& checksum) {
  http::Request request{"PUT", block_path(snapshot_id, index), "", {}, std::move(block), "", {}};
  request.headers = {{"Content-Type", "application/octet-stream"},
                     {"X-Amz-Data-Length", std::to_string(kBlockBytes)},
                     {"X-Amz-Checksum", to_base64(checksum.bytes)},
                     {"X-Amz-Checksum-Algorithm", "SHA256"}};
  TRY(session.ebs(std::move(request), remote::Payload::unsigned_payload));
  return {};
}

Outcome<void> complete_snapshot(Session& session, std::string const& snapshot_id, std::uint64_t blocks,
                                digest::Digest const& aggregate) {
  http::Request request{"POST", "/snapshots/completion/" + snapshot_id, "", {}, {}, "", {}};
  request.headers = {{"X-Amz-ChangedBlocksCount", std::to_string(blocks)},
                     {"X-Amz-Checksum", to_base64(aggregate.bytes)},
                     {"X-Amz-Checksum-Algorithm", "SHA256"},
                     {"X-Amz-Checksum-Aggregation-Method", "LINEAR"}};
  TRY(session.ebs(std::move(request)));
  return {};
}

Outcome<ebs::ListSnapshotBlocksResponse> list_blocks(Session& session, std::string const& snapshot_id,
                                                     PageStart const& start) {
  http::Request request{"GET", "/snapshots/" + snapshot_id + "/blocks", "", {}, {}, "", {}};
  request.query = page_query(start);
  auto response = TRY(session.ebs(std::move(request)));
  return decode<ebs::ListSnapshotBlocksResponse>(response);
}

Outcome<ebs::ListChangedBlocksResponse> list_changes(Session& session, std::string const& first_snapshot_id,
                                                     std::string const& second_snapshot_id,
                                                     PageStart const& start) {
  http::Request request{"GET", "/snapshots/" + second_snapshot_id + "/changedblocks", "", {}, {}, "", {}};
  request.query = "firstSnapshotId=" + first_snapshot_id + "&" + page_query(start);
  auto response = TRY(session.ebs(std::move(request)));
  return decode<ebs::ListChangedBlocksResponse>(response);
}

Outcome<Bytes> get_block(Session& session, std::string const& snapshot_id, ebs::Block const& block) {
  http::Request request{
      "GET", block_path(snapshot_id, static_cast<std::uint64_t>(block.block_index)), "", {}, {}, "", {}};
  request.query = "blockToken=" + crypto::percent_encode(block.block_token, false);
  auto response = TRY(session.ebs(std::move(request)));
  auto checksum = http::find_header(response.headers, "x-amz-checksum");
  if (response.body.size() != kBlockBytes || checksum != to_base64(digest::sha256(response.body).bytes))
    return fail(Fault::corrupt,
                snapshot_id + ": block " + std::to_string(block.block_index) + " does not have its checksum");
  return std::move(response.body);
}

}  // namespace argosy::cli
