// remote/transport.h - one endpoint of another region, of AWS or of S3: requests out, responses back.
#pragma once
#include <memory>

#include "base/clock.h"
#include "http/client.h"
#include "remote/sign.h"

namespace argosy::remote {

/// Any thread. A test puts its own in front, to cut and to delay.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual http::Endpoint const& endpoint() const = 0;
  /// Fails with `unavailable` if no whole response came.
  virtual Result<http::Response> send(http::Request const& request) = 0;
};

std::unique_ptr<Transport> open_http(http::Endpoint const& endpoint, http::ClientOptions const& options);

/// Signs each request, whose path lies below the endpoint's, and sends it over `below`, which is borrowed;
/// once more with a new signature where the service says that the first has expired, and it was not made just
/// now: a machine may sleep with a request on its way. Lies below with_retries, so that each attempt is
/// signed anew.
std::unique_ptr<Transport> with_signatures(Transport& below, Credentials credentials, Scope scope,
                                           Payload payload, Clock& clock);

/// Sends again what may be sent again: no connection, a response that broke off, 500, 502, 503, 504 and
/// throttling, at most `attempts` times in all, waiting a random part of 100 ms, 200 ms, 400 ms … at most 5
/// s.
std::unique_ptr<Transport> with_retries(std::unique_ptr<Transport> below, int attempts);

}  // namespace argosy::remote
