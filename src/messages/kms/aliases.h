// messages/kms/aliases.h - what the operations on aliases say and hear. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace argosy::messages::kms {

struct CreateAliasRequest {
  std::string alias_name;
  std::string target_key_id;
};
BOOST_DESCRIBE_STRUCT(CreateAliasRequest, (), (alias_name, target_key_id))

struct UpdateAliasRequest {
  std::string alias_name;
  std::string target_key_id;
};
BOOST_DESCRIBE_STRUCT(UpdateAliasRequest, (), (alias_name, target_key_id))

struct DeleteAliasRequest {
  std::string alias_name;
};
BOOST_DESCRIBE_STRUCT(DeleteAliasRequest, (), (alias_name))

struct ListAliasesRequest {
  std::optional<std::string> key_id;
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListAliasesRequest, (), (key_id, limit, marker))

struct AliasListEntry {
  std::string alias_name;
  std::string alias_arn;
  std::optional<std::string> target_key_id;  ///< none of an alias of AWS whose key is not made yet
  Time creation_date{};
  Time last_updated_date{};
};
BOOST_DESCRIBE_STRUCT(AliasListEntry, (),
                      (alias_name, alias_arn, target_key_id, creation_date, last_updated_date))
struct ListAliasesResponse {
  std::vector<AliasListEntry> aliases;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListAliasesResponse, (), (aliases, next_marker, truncated))

}  // namespace argosy::messages::kms
