// access/caller.h - who signed a request, and the credentials that proved it.
#pragma once
#include <string>
#include <string_view>

#include "access/limits.h"

namespace argosy::access {

/// The principal of a request. Every access key is its account's root; temporary credentials are given to
/// what serves a machine's disk, and allow that alone.
struct Caller {
  std::string account;  ///< 12 digits
  std::string access_key_id;
  std::string arn;      ///< arn:aws:iam::ACCOUNT:root
  std::string user_id;  ///< the account id, for root
  AccountLimits limits{};
  /// Where the account is: "o-…/r-…/ou-…/", organization first; empty if it is in none.
  std::string organization_path{};
  /// The volume whose blocks its temporary credentials allow, and nothing else; empty: an access
  /// key.
  std::string session_volume{};
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

/// "o-…/r-…/" and any number of "ou-…/": an organization, its root, the units down to an account.
constexpr bool is_organization_path(std::string_view path) {
  constexpr std::size_t kMaxBytes = 1'024;
  if (path.size() > kMaxBytes || !path.ends_with('/')) return false;
  int depth = 0;
  while (!path.empty()) {
    auto const part = path.substr(0, path.find('/'));
    std::string_view const prefix = depth == 0 ? "o-" : depth == 1 ? "r-" : "ou-";
    if (!part.starts_with(prefix) || part.size() == prefix.size() ||
        part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos)
      return false;
    path.remove_prefix(part.size() + 1);
    ++depth;
  }
  return depth >= 2;
}

/// "o-a1b2c3d4e5" of "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/".
constexpr std::string_view organization_id(std::string_view path) { return path.substr(0, path.find('/')); }

}  // namespace argosy::access
