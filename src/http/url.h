// http/url.h - addresses and URLs of endpoints.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy::http {

/// "127.0.0.1:8080" or "[::1]:8080"; the brackets are taken off. Port 0 is allowed.
struct Address {
  std::string host;
  std::uint16_t port = 0;
};
Result<Address> parse_address(std::string_view text);

/// "https://ec2.us-east-1.amazonaws.com" or "http://127.0.0.1:8080/base".
struct Endpoint {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string path;            ///< without a slash at its end
  std::string local_socket{};  ///< path of a local socket that is connected to instead of host and port
  /// What a Host header says: the port only where it is not the scheme's own.
  std::string authority() const;
};
Result<Endpoint> parse_endpoint(std::string_view url);

}  // namespace argosy::http
