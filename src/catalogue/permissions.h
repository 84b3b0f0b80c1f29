// catalogue/permissions.h - with whom images (launch permission) and snapshots (create-volume permission) are
// shared.
#pragma once
#include <vector>

#include "catalogue/schema.h"
#include "images/rules.h"

namespace argosy::catalogue {

/// What the rules of visibility ask about an account and a resource.
Result<images::Sharing> find_sharing(Transaction& tx, std::string_view resource, std::string_view account);
/// In order of kind and value.
Result<std::vector<images::Permission>> list_permissions(Transaction& tx, std::string_view resource);
Result<std::int64_t> count_permissions(Transaction& tx, std::string_view resource);
/// `created` is the resource's own, so that lists of what is shared come in its order. What is there already
/// stays.
Result<void> add_permission(Transaction& tx, std::string_view resource, Time created,
                            images::Permission const& permission);
/// False if there was none.
Result<bool> remove_permission(Transaction& tx, std::string_view resource,
                               images::Permission const& permission);
Result<void> remove_all_permissions(Transaction& tx, std::string_view resource);

}  // namespace argosy::catalogue
