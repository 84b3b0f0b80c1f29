// http/url.cpp - see url.h.
#include "http/url.h"

#include <charconv>

namespace argosy::http {
namespace {

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return fail(Fault::invalid, std::string(whole) + ": a port is a number from 0 to 65535");
  return port;
}

/// host[:port], the host perhaps in brackets.
Result<Address> split(std::string_view text, bool port_required, std::uint16_t default_port) {
  Address address{"", default_port};
  std::string_view rest;
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == std::string_view::npos) return fail(Fault::invalid, std::string(text) + ": ']' is missing");
    address.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    auto colon = text.find(':');
    address.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  bool const is_host = !address.host.empty() && address.host.find_first_of("[]") == std::string::npos;
  if (!is_host || (port_required && rest.empty()) || (!rest.empty() && rest[0] != ':'))
    return fail(Fault::invalid, std::string(text) + " is not of the form ADDRESS:PORT");
  if (!rest.empty()) address.port = TRY(parse_port(rest.substr(1), text));
  return address;
}

}  // namespace

Result<Address> parse_address(std::string_view text) { return split(text, true, 0); }

std::string Endpoint::authority() const {
  std::string shown = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return port == (tls ? 443 : 80) ? shown : shown + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  auto rest = url;
  if (rest.starts_with("https://")) {
    endpoint.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return fail(Fault::invalid, std::string(url) + ": an endpoint begins with http:// or https://");
  }
  auto slash = rest.find('/');
  auto address = TRY(split(rest.substr(0, slash), false, endpoint.tls ? 443 : 80));
  endpoint.host = address.host;
  endpoint.port = address.port;
  if (slash != std::string_view::npos) endpoint.path = rest.substr(slash);
  while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  if (endpoint.path.find_first_of("?# ") != std::string::npos)
    return fail(Fault::invalid, std::string(url) + ": an endpoint has no query");
  return endpoint;
}

}  // namespace argosy::http
