// http/message.h - a request and a response as the rest of the house sees them: no Asio, no Beast.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace argosy::http {

/// In the order of the wire; names compare without case.
using Headers = std::vector<std::pair<std::string, std::string>>;
/// The first of that name, or nothing.
std::optional<std::string_view> find_header(Headers const& headers, std::string_view name);

struct Request {
  std::string method;
  std::string path;   ///< as on the wire, percent-encoded, without the query
  std::string query;  ///< as on the wire, without '?'
  Headers headers;
  Bytes body;
  std::string peer_address;             ///< for the log
  std::vector<std::string> peer_names;  ///< DNS names and addresses of a verified client certificate
};

/// A body that is made while it is sent: fills and returns the next piece, empty at the end. Called on one
/// worker at a time, never more than one piece ahead of the socket, so that memory does not grow with the
/// body.
using BodySource = std::function<Result<Bytes>()>;

struct Response {
  int status = 200;
  Headers headers;
  Bytes body;
  /// Instead of `body`, sent chunked. An error in the middle cuts the connection, so that the reader notices.
  BodySource stream;
};

}  // namespace argosy::http
