// peer/handle.cpp - the replication protocol over HTTP: one path per operation.
#include "base/log.h"
#include "http/status.h"
#include "peer/peer.h"
#include "wire/json.h"

namespace argosy::peer {
namespace {

namespace m = messages::replication;

http::Response refuse(Error const& error) {
  http::Response response;
  // A conflict of the database's passes.
  bool const busy = error.fault == Fault::conflict && error.code.empty();
  response.status = http::status_of(busy ? Fault::unavailable : error.fault);
  // What has no public code stays here: the other region learns only that it failed.
  m::Refusal refusal{error.code, error.code.empty() ? "The source region failed" : error.message};
  if (error.code.empty()) log_error("replication: {}", error.message);
  response.headers = {{"Content-Type", "application/json"}};
  response.body = to_bytes(as_bytes(wire::encode_json(refusal, wire::Naming::snake)));
  return response;
}

template <class Request, class Function>
http::Response answer(http::Request const& request, Function function) {
  auto decoded = wire::decode_json<Request>(as_text(request.body), wire::Naming::snake);
  if (!decoded) return refuse(decoded.error());
  auto result = function(*decoded);
  if (!result) return refuse(result.error());
  http::Response response;
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(*result)>, Bytes>) {
    response.headers = {{"Content-Type", "application/octet-stream"}};
    response.body = *std::move(result);
  } else {
    response.headers = {{"Content-Type", "application/json"}};
    response.body = to_bytes(as_bytes(wire::encode_json(*result, wire::Naming::snake)));
  }
  return response;
}

}  // namespace

http::Response handle(Source& source, Peer const& peer, http::Request const& request) {
  auto const& path = request.path;
  if (path == "/replication/open")
    return answer<m::OpenRequest>(request, [&](auto const& message) { return open(source, peer, message); });
  // Who asks for what he was not given goes on record, as a refused opening does.
  auto recorded = [&](std::string const& resource, auto result) {
    if (!result && !result.error().code.empty())
      record_refusal(source, peer, {{}, resource}, result.error().code);
    return result;
  };
  if (path == "/replication/renew")
    return answer<m::LeaseRequest>(
        request, [&](auto const& message) { return recorded(message.lease, renew(source, peer, message)); });
  if (path == "/replication/close")
    return answer<m::LeaseRequest>(
        request, [&](auto const& message) { return recorded(message.lease, close(source, peer, message)); });
  if (path == "/replication/release")
    return answer<m::ReleaseRequest>(request, [&](auto const& message) {
      return recorded(message.snapshot_id, release(source, peer, message));
    });
  if (path == "/replication/fetch")
    return answer<m::FetchRequest>(request, [&](auto const& message) {
      return recorded(message.snapshot_id, fetch(source, peer, message));
    });
  return refuse({Fault::not_found, "InvalidAction", "There is no " + path});
}

}  // namespace argosy::peer
