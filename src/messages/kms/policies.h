// messages/kms/policies.h - what the operations on keys' policies say and hear. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace argosy::messages::kms {

struct GetKeyPolicyRequest {
  std::string key_id;
  std::optional<std::string> policy_name;
};
BOOST_DESCRIBE_STRUCT(GetKeyPolicyRequest, (), (key_id, policy_name))
struct GetKeyPolicyResponse {
  std::string policy;
  std::string policy_name;
};
BOOST_DESCRIBE_STRUCT(GetKeyPolicyResponse, (), (policy, policy_name))

struct PutKeyPolicyRequest {
  std::string key_id;
  std::optional<std::string> policy_name;
  std::string policy;
  std::optional<bool> bypass_policy_lockout_safety_check;
};
BOOST_DESCRIBE_STRUCT(PutKeyPolicyRequest, (),
                      (key_id, policy_name, policy, bypass_policy_lockout_safety_check))

struct ListKeyPoliciesRequest {
  std::string key_id;
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListKeyPoliciesRequest, (), (key_id, limit, marker))
struct ListKeyPoliciesResponse {
  std::vector<std::string> policy_names;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListKeyPoliciesResponse, (), (policy_names, next_marker, truncated))

}  // namespace argosy::messages::kms
