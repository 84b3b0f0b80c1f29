// keys/wildcard.h - patterns of policies: `*` is any run of characters, `?` any one; there is no escape.
#pragma once
#include <string>
#include <string_view>

namespace argosy::keys {

bool matches_wildcard(std::string_view pattern, std::string_view text);
/// ASCII letters in lower case, all other bytes as they are.
std::string to_lower(std::string_view text);

}  // namespace argosy::keys
