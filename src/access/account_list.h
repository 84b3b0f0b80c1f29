// access/account_list.h - the accounts that something is allowed for: all of them but some, or those that are
// named.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace argosy::access {

struct AccountList {
  bool all = false;
  std::vector<std::string> named;        ///< unless all
  std::vector<std::string> except = {};  ///< in no case

  bool contains(std::string_view account) const {
    return std::ranges::find(except, account) == except.end() &&
           (all || std::ranges::find(named, account) != named.end());
  }
};

}  // namespace argosy::access
