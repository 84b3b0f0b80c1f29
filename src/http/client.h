// http/client.h - a blocking HTTP/1.1 client for plain threads, with kept connections and bounds.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.h"
#include "http/message.h"
#include "http/tls.h"
#include "http/url.h"

namespace argosy::http {

struct ClientOptions {
  Duration connect_timeout{10'000};
  Duration io_timeout{60'000};  ///< without a byte moved
  /// For a whole call, however its bytes trickle; nothing: as long as they come.
  std::optional<Duration> call_timeout = std::chrono::hours(1);
  std::uint64_t body_limit_bytes = 64ULL << 20U;
  TlsFiles tls;             ///< for endpoints of https
  std::string server_name;  ///< that the server's certificate must have; empty: the endpoint's host
};

/// Takes a body piece by piece as it arrives; its error ends the call.
using BodySink = std::function<Result<void>(std::span<std::byte const> piece)>;

/// One endpoint. Any thread; as many connections as calls under way, kept for the next ones.
class Client {
 public:
  Client(Endpoint endpoint, ClientOptions options);
  ~Client();
  Client(Client const&) = delete;
  Client& operator=(Client const&) = delete;

  Endpoint const& endpoint() const;
  /// Sends `request.path` as it stands (the endpoint's own path is not added) with Host and Content-Length.
  /// Fails with `unavailable` if no whole response came, `limit` if its body is too large. A kept connection
  /// that turns out closed before a byte of the response is replaced once; one that is silent is not.
  Result<Response> send(Request const& request);
  /// The same on a connection of its own, with the body of a response of status 200 given to `sink` as it
  /// arrives, whatever its size.
  Result<Response> send(Request const& request, BodySink const& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace argosy::http
