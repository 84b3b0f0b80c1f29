// http/message.cpp - see message.h.
#include "http/message.h"

#include "base/text.h"

namespace argosy::http {

std::optional<std::string_view> find_header(Headers const& headers, std::string_view name) {
  for (auto const& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

}  // namespace argosy::http
