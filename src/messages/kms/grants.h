// messages/kms/grants.h - what the operations on grants say and hear. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "messages/kms/types.h"

namespace argosy::messages::kms {

struct GrantConstraints {
  std::optional<Context> encryption_context_subset;
  std::optional<Context> encryption_context_equals;
};
BOOST_DESCRIBE_STRUCT(GrantConstraints, (), (encryption_context_subset, encryption_context_equals))

struct CreateGrantRequest {
  std::string key_id;
  std::string grantee_principal;
  std::optional<std::string> retiring_principal;
  std::vector<std::string> operations;
  std::optional<GrantConstraints> constraints;
  std::vector<std::string> grant_tokens;
  std::optional<std::string> name;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(CreateGrantRequest, (),
                      (key_id, grantee_principal, retiring_principal, operations, constraints, grant_tokens,
                       name, dry_run))
struct CreateGrantResponse {
  std::string grant_token;
  std::string grant_id;
};
BOOST_DESCRIBE_STRUCT(CreateGrantResponse, (), (grant_token, grant_id))

struct ListGrantsRequest {
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
  std::string key_id;
  std::optional<std::string> grant_id;
  std::optional<std::string> grantee_principal;
};
BOOST_DESCRIBE_STRUCT(ListGrantsRequest, (), (limit, marker, key_id, grant_id, grantee_principal))

struct GrantListEntry {
  std::string key_id;
  std::string grant_id;
  std::optional<std::string> name;
  Time creation_date{};
  std::string grantee_principal;
  std::optional<std::string> retiring_principal;
  std::string issuing_account;
  std::vector<std::string> operations;
  std::optional<GrantConstraints> constraints;
};
BOOST_DESCRIBE_STRUCT(GrantListEntry, (),
                      (key_id, grant_id, name, creation_date, grantee_principal, retiring_principal,
                       issuing_account, operations, constraints))
struct ListGrantsResponse {
  std::vector<GrantListEntry> grants;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListGrantsResponse, (), (grants, next_marker, truncated))

struct ListRetirableGrantsRequest {
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
  std::string retiring_principal;
};
BOOST_DESCRIBE_STRUCT(ListRetirableGrantsRequest, (), (limit, marker, retiring_principal))
struct ListRetirableGrantsResponse {
  std::vector<GrantListEntry> grants;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListRetirableGrantsResponse, (), (grants, next_marker, truncated))

struct RevokeGrantRequest {
  std::string key_id;
  std::string grant_id;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(RevokeGrantRequest, (), (key_id, grant_id, dry_run))

/// A token, or a key and a grant of it.
struct RetireGrantRequest {
  std::optional<std::string> grant_token;
  std::optional<std::string> key_id;
  std::optional<std::string> grant_id;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(RetireGrantRequest, (), (grant_token, key_id, grant_id, dry_run))

}  // namespace argosy::messages::kms
