// metadata/token.h - the tokens of IMDSv2: nothing of them is stored. Source: EC2 User Guide, "Use the
// Instance Metadata Service".
#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/crypto.h"

namespace argosy::metadata {

inline constexpr std::int64_t kMinTokenSeconds = 1;
inline constexpr std::int64_t kMaxTokenSeconds = 21'600;

/// A token that this instance can show until then, and no other.
std::string make_token(crypto::Key const& key, std::string_view instance_id, Time until);
bool is_valid_token(crypto::Key const& key, std::string_view instance_id, std::string_view token, Time now);

}  // namespace argosy::metadata
