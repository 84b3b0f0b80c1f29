// catalogue/grants.h - the grants on keys.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "keys/grant.h"

namespace argosy::catalogue {

Result<std::optional<keys::Grant>> find_grant(Transaction& tx, std::string_view id);
Result<void> insert_grant(Transaction& tx, keys::Grant const& grant);
Result<void> remove_grant(Transaction& tx, std::string_view id);
/// All of a key, when it goes.
Result<void> remove_grants_of(Transaction& tx, std::string_view key);
Result<std::int64_t> count_grants(Transaction& tx, std::string_view key);

/// A key's, in order of id behind `after`; of one grantee, unless that is empty.
Result<std::vector<keys::Grant>> list_grants(Transaction& tx, std::string_view key, std::string_view grantee,
                                             std::string_view after, std::size_t limit);
/// Those that a principal may retire, on keys of whatever account; in order of id behind `after`.
Result<std::vector<keys::Grant>> list_retirable_grants(Transaction& tx, std::string_view retiring_principal,
                                                       std::string_view after, std::size_t limit);

}  // namespace argosy::catalogue
