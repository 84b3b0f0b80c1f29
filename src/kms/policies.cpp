// kms/policies.cpp - see policies.h.
#include "kms/policies.h"

#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keys::Action;
using keystore::Names;
using keystore::Vault;

Result<void> check_name(std::optional<std::string> const& name) {
  if (name.value_or(std::string(keys::kPolicyName)) != keys::kPolicyName)
    return keys::not_found("No such policy exists: a key's policy is named default");
  return {};
}

}  // namespace

Result<m::GetKeyPolicyResponse> get_key_policy(Transaction& tx, Vault const& vault,
                                               access::Caller const& caller,
                                               m::GetKeyPolicyRequest const& request) {
  TRY(check_name(request.policy_name));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::get_key_policy},
                                          Names::no_aliases));
  return m::GetKeyPolicyResponse{key.policy, std::string(keys::kPolicyName)};
}

Result<void> put_key_policy(Transaction& tx, Vault const& vault, access::Caller const& caller,
                            m::PutKeyPolicyRequest const& request) {
  TRY(check_name(request.policy_name));
  auto key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::put_key_policy},
                                    Names::no_aliases));
  key.policy = TRY(to_policy(request.policy, caller, key, request.bypass_policy_lockout_safety_check));
  return catalogue::save_key(tx, key);
}

Result<m::ListKeyPoliciesResponse> list_key_policies(Transaction& tx, Vault const& vault,
                                                     access::Caller const& caller,
                                                     m::ListKeyPoliciesRequest const& request) {
  TRY(to_page(request.limit, request.marker));
  TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::list_key_policies},
                         Names::no_aliases));
  return m::ListKeyPoliciesResponse{{std::string(keys::kPolicyName)}, std::nullopt, false};
}

}  // namespace argosy::kms
