// tests/fuzz/request_text.h - a request as an input says it: "METHOD TARGET", header lines, an empty line,
// the body.
#pragma once
#include "fuzz/fuzz.h"
#include "http/message.h"

namespace argosy::fuzz {

/// A header's name has only characters of a token (RFC 9110 section 5.6.2), its value no control characters,
/// as our HTTP server hands them on.
inline http::Request read_request(Input& input) {
  constexpr std::string_view token =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  http::Request request;
  auto start = input.line();
  auto blank = start.find(' ');
  request.method = start.substr(0, blank);
  auto target = blank == std::string_view::npos ? std::string_view("/") : start.substr(blank + 1);
  auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  for (auto line = input.line(); !line.empty(); line = input.line()) {
    auto colon = line.find(':');
    auto name = line.substr(0, colon);
    if (colon == std::string_view::npos || name.empty() || name.find_first_not_of(token) != name.npos)
      continue;
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    std::string text;
    for (char c : value)
      if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') text.push_back(c);
    while (text.ends_with(' ') || text.ends_with('\t')) text.pop_back();
    request.headers.emplace_back(name, std::move(text));
  }
  request.body = to_bytes(input.rest());
  return request;
}

}  // namespace argosy::fuzz
