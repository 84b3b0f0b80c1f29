// catalogue/key_pairs.h - key pairs for SSH, by account and name.
#pragma once
#include <optional>
#include <vector>

#include "catalogue/schema.h"
#include "instances/key_pair.h"

namespace argosy::catalogue {

Result<std::optional<instances::KeyPair>> find_key_pair(Transaction& tx, std::string_view account,
                                                        std::string_view name);
Result<std::optional<instances::KeyPair>> find_key_pair_by_id(Transaction& tx, std::string_view account,
                                                              std::string_view id);
/// An account's in order of name, behind the given one.
Result<std::vector<instances::KeyPair>> list_key_pairs(Transaction& tx, std::string_view account,
                                                       std::string_view after_name, std::size_t limit);
Result<std::int64_t> count_key_pairs(Transaction& tx, std::string_view account);
/// The name must be free.
Result<void> insert_key_pair(Transaction& tx, std::string_view account, instances::KeyPair const& pair);
Result<void> remove_key_pair(Transaction& tx, std::string_view account, std::string_view id);

}  // namespace argosy::catalogue
