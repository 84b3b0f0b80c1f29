// access/account_list.h - the accounts that something is allowed for: all of them, or those that are named.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace argosy::access {

struct AccountList {
  bool all = false;
  std::vector<std::string> named;  ///< unless all

  bool contains(std::string_view account) const {
    return all || std::ranges::find(named, account) != named.end();
  }
};

}  // namespace argosy::access
