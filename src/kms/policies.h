// kms/policies.h - GetKeyPolicy, PutKeyPolicy, ListKeyPolicies: a key has one policy, named "default".
// Source: ec2-semantics F2, F4.
#pragma once
#include "keystore/keystore.h"
#include "messages/kms/policies.h"

namespace argosy::kms {

/// Fails with NotFoundException on another name than "default".
Result<messages::kms::GetKeyPolicyResponse> get_key_policy(catalogue::Transaction& tx,
                                                           keystore::Vault const& vault,
                                                           access::Caller const& caller,
                                                           messages::kms::GetKeyPolicyRequest const& request);
/// Replaces the whole policy, for the next request on. Fails with MalformedPolicyDocumentException,
/// LimitExceededException beyond 32 KiB.
Result<void> put_key_policy(catalogue::Transaction& tx, keystore::Vault const& vault,
                            access::Caller const& caller, messages::kms::PutKeyPolicyRequest const& request);
Result<messages::kms::ListKeyPoliciesResponse> list_key_policies(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::ListKeyPoliciesRequest const& request);

}  // namespace argosy::kms
