// catalogue/tags.h - tags belong to an account and a resource: each account sees its own only.
#pragma once
#include <optional>
#include <vector>

#include "catalogue/schema.h"
#include "images/image.h"

namespace argosy::catalogue {

/// In order of key.
Result<std::vector<images::Tag>> list_tags(Transaction& tx, std::string_view account,
                                           std::string_view resource);
/// Overwrites by key. Fails with TagLimitExceeded if the resource would have more than images::kMaxTags; the
/// caller rolls back then.
Result<void> save_tags(Transaction& tx, std::string_view account, std::string_view resource,
                       std::vector<images::Tag> const& tags);
/// With a value, only if the tag has that value.
Result<void> remove_tag(Transaction& tx, std::string_view account, std::string_view resource,
                        std::string_view key, std::optional<std::string> const& value);
Result<void> remove_all_tags(Transaction& tx, std::string_view account, std::string_view resource);
/// Every account's, when the resource goes.
Result<void> remove_resource_tags(Transaction& tx, std::string_view resource);

}  // namespace argosy::catalogue
