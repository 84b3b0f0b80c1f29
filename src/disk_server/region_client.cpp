// disk_server/region_client.cpp - see region_client.h. Source: ec2-semantics G, A7.
#include "disk_server/region_client.h"

#include "base/log.h"
#include "crypto/sigv4.h"
#include "digest/sha256.h"
#include "wire/json.h"

namespace argosy::disk_server {
namespace {

namespace ebs = messages::ebs;

/// A stretch's worth: 512 blocks behind the one that was asked for, whatever lies before it (block_list.cpp).
constexpr int kBlocksPerPage = 1'024;

/// A guest waits for a block: a connection that hangs is given up soon, and another tried.
constexpr Duration kConnectTimeout{5'000};
constexpr Duration kIoTimeout{15'000};
constexpr Duration kCallTimeout{60'000};

struct Refusal {
  std::string type;    ///< empty: it was not EBS direct that answered
  std::string reason;  ///< empty: none was given
  std::string message;
};

Refusal read_refusal(http::Response const& response) {
  Refusal refusal;
  refusal.type = http::find_header(response.headers, "x-amzn-errortype").value_or("");
  refusal.type = refusal.type.substr(0, refusal.type.find(':'));  // AWS appends a URL
  auto const body = wire::parse_json(as_text(response.body));
  if (!body || !body->is_object()) return refusal;
  auto text = [&](char const* upper, char const* lower) {
    for (auto const* name : {upper, lower})
      if (auto const* value = body->get_object().if_contains(name); value != nullptr && value->is_string())
        return std::string(value->get_string());
    return std::string();
  };
  refusal.reason = text("Reason", "reason");
  refusal.message = text("Message", "message");
  return refusal;
}

/// A signature that was too long on its way, or a clock, here or there, that is wrong: another one may be
/// taken.
bool is_of_another_time(Refusal const& refusal) {
  return refusal.type == "InvalidSignatureException" && (refusal.message.starts_with("Signature expired") ||
                                                         refusal.message.starts_with("Signature not yet"));
}

bool may_pass(http::Response const& response, Refusal const& refusal) {
  return response.status >= 500 || response.status == 429 || refusal.type.empty() ||
         refusal.type.contains("Throttl") || refusal.type == "ExpiredTokenException" ||
         is_of_another_time(refusal);
}

Fault fault_of(int status) {
  if (status == 403) return Fault::denied;
  return status == 404 ? Fault::not_found : Fault::invalid;
}

std::string not_ebs_direct(http::Response const& response) {
  return "the endpoint answered HTTP " + std::to_string(response.status) + " and not as EBS direct does";
}

std::string text_of(http::Response const& response, Refusal const& refusal) {
  if (refusal.type.empty()) return not_ebs_direct(response);
  return refusal.type + (refusal.reason.empty() ? "" : "/" + refusal.reason) + ": " + refusal.message;
}

}  // namespace

Result<std::unique_ptr<remote::Transport>> open_transport(Session const& session) {
  auto const endpoint = TRY(endpoint_of(session));
  http::ClientOptions options;
  options.connect_timeout = kConnectTimeout;
  options.io_timeout = kIoTimeout;
  options.call_timeout = kCallTimeout;
  options.tls.authority_path = session.authority_path.value_or("");
  return remote::open_http(endpoint, options);
}

Result<std::shared_ptr<remote::Transport>> RegionClient::transport_of(Session const& session) {
  std::lock_guard lock(mutex_);
  if (!transport_ || endpoint_ != session.endpoint || authority_path_ != session.authority_path) {
    transport_ = TRY(open_(session));
    endpoint_ = session.endpoint;
    authority_path_ = session.authority_path;
  }
  return transport_;
}

Result<http::Response> RegionClient::send(http::Request request, std::string const& what) {
  auto const session = file_.current();
  auto const transport = TRY(transport_of(*session));
  auto const& endpoint = transport->endpoint();
  request.path = endpoint.path + request.path;
  remote::sign(request, endpoint, session->credentials(), {session->region, "ebs"}, remote::Payload::hashed,
               clock_.now());
  auto response = transport->send(request);
  if (!response) return fail(response.error().fault, what + ": " + response.error().message);
  if (response->status >= 200 && response->status < 300) return response;
  auto const refusal = read_refusal(*response);
  auto text = what + ": " + text_of(*response, refusal);
  if (may_pass(*response, refusal)) return fail(Fault::unavailable, std::move(text));
  // What was refused may have been refused to credentials that were just replaced.
  if (file_.current() != session) return fail(Fault::unavailable, std::move(text));
  tell_answered();
  return fail(fault_of(response->status), refusal.reason == kBadBlockToken ? refusal.reason : "",
              std::move(text));
}

Result<ebs::ListSnapshotBlocksResponse> RegionClient::list(std::uint64_t start,
                                                           std::optional<std::string> const& page_token) {
  auto const id = snapshot_id();
  http::Request request{"GET", "/snapshots/" + id + "/blocks", "", {}, {}, "", {}};
  request.query = "maxResults=" + std::to_string(kBlocksPerPage);
  if (page_token) {
    request.query += "&pageToken=" + crypto::percent_encode(*page_token, false);
  } else {
    request.query += "&startingBlockIndex=" + std::to_string(start);
  }
  auto const what = id + ": the list from block " + std::to_string(start);
  auto const response = TRY(send(std::move(request), what));
  auto page =
      wire::decode_json<ebs::ListSnapshotBlocksResponse>(as_text(response.body), wire::Naming::upper_camel);
  if (!page)
    return fail(Fault::unavailable, what + ": " + not_ebs_direct(response) + ": " + page.error().message);
  if (page->block_size != ebs::kBlockSize)
    return fail(Fault::corrupt, id + ": blocks of " + std::to_string(page->block_size) + " bytes");
  tell_answered();
  return page;
}

Result<Bytes> RegionClient::get(ebs::Block const& block) {
  auto const id = snapshot_id();
  auto const index = std::to_string(block.block_index);
  http::Request request{"GET", "/snapshots/" + id + "/blocks/" + index, "", {}, {}, "", {}};
  request.query = "blockToken=" + crypto::percent_encode(block.block_token, false);
  auto const what = id + ": block " + index;
  auto response = TRY(send(std::move(request), what));
  auto const checksum = http::find_header(response.headers, "x-amz-checksum");
  if (!checksum) return fail(Fault::unavailable, what + ": " + not_ebs_direct(response));
  if (response.body.size() != kBlockBytes || checksum != to_base64(digest::sha256(response.body).bytes))
    return fail(Fault::corrupt, what + " does not have its checksum");
  tell_answered();
  return std::move(response.body);
}

void RegionClient::tell_away(Error const& why) {
  if (!away_.exchange(true)) log_warning("waits and tries again: {}", why.message);
}

void RegionClient::tell_answered() {
  if (away_.exchange(false)) log_info("{}: goes on", snapshot_id());
}

}  // namespace argosy::disk_server
