// catalogue/aliases.h - the names that an account gives to keys of its own.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalogue/schema.h"

namespace argosy::catalogue {

struct Alias {
  std::string name;  ///< with its "alias/"
  std::string key;   ///< its id
  Time created{};
  Time updated{};
};

Result<std::optional<Alias>> find_alias(Transaction& tx, std::string_view account, std::string_view name);
/// Makes it, or points it to another key; `created` of one that is there stays.
Result<void> save_alias(Transaction& tx, std::string_view account, Alias const& alias);
Result<void> remove_alias(Transaction& tx, std::string_view account, std::string_view name);
/// All that point to a key, when it goes.
Result<void> remove_aliases_of(Transaction& tx, std::string_view key);
Result<std::int64_t> count_aliases(Transaction& tx, std::string_view key);
/// An account's, in order of name behind `after`; of one key, unless that is empty.
Result<std::vector<Alias>> list_aliases(Transaction& tx, std::string_view account, std::string_view key,
                                        std::string_view after, std::size_t limit);

}  // namespace argosy::catalogue
