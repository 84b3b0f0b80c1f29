// http/message.cpp - see message.h.
#include "http/message.h"

#include <algorithm>
#include <cctype>

namespace argosy::http {

std::optional<std::string_view> find_header(Headers const& headers, std::string_view name) {
  auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  for (auto const& [key, value] : headers)
    if (std::ranges::equal(key, name, same)) return value;
  return std::nullopt;
}

}  // namespace argosy::http
