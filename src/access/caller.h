// access/caller.h - who signed a request, and the credentials that proved it.
#pragma once
#include <string>
#include <string_view>

#include "access/limits.h"

namespace argosy::access {

/// The principal of a request. Today every access key is its account's root.
struct Caller {
  std::string account;  ///< 12 digits
  std::string access_key_id;
  std::string arn;      ///< arn:aws:iam::ACCOUNT:root
  std::string user_id;  ///< the account id, for root
  AccountLimits limits{};
};

struct Credentials {
  Caller caller;
  std::string secret_access_key;
  bool enabled = true;  ///< both the key and its account are
};

/// 12 digits, leading zeros kept.
constexpr bool is_account_id(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace argosy::access
