// kms/keys.h - CreateKey, DescribeKey, ListKeys, and what changes a key's state or description. Source:
// ec2-semantics F2, F3.
#pragma once
#include "keystore/keystore.h"
#include "messages/kms/keys.h"

namespace argosy::kms {

/// A symmetric key whose material is made here. Fails with UnsupportedOperationException on any other,
/// MalformedPolicyDocumentException, TagException, LimitExceededException.
Result<messages::kms::CreateKeyResponse> create_key(catalogue::Transaction& tx, keystore::Vault const& vault,
                                                    access::Caller const& caller, Time now,
                                                    messages::kms::CreateKeyRequest const& request);
/// Whether DescribeKey may have to make the key that it describes: it is called by the alias of EBS' own key.
bool may_create(messages::kms::DescribeKeyRequest const& request);
/// Makes the account's key of EBS if it is asked for by its alias and there is none yet.
Result<messages::kms::DescribeKeyResponse> describe_key(catalogue::Transaction& tx,
                                                        keystore::Vault const& vault,
                                                        access::Caller const& caller, Time now,
                                                        messages::kms::DescribeKeyRequest const& request);
Result<messages::kms::ListKeysResponse> list_keys(catalogue::Transaction& tx, keystore::Vault const& vault,
                                                  access::Caller const& caller,
                                                  messages::kms::ListKeysRequest const& request);

/// These fail as keystore::find_key does. In force for the next request.
Result<void> enable_key(catalogue::Transaction& tx, keystore::Vault const& vault,
                        access::Caller const& caller, messages::kms::EnableKeyRequest const& request);
Result<void> disable_key(catalogue::Transaction& tx, keystore::Vault const& vault,
                         access::Caller const& caller, messages::kms::DisableKeyRequest const& request);
Result<void> update_key_description(catalogue::Transaction& tx, keystore::Vault const& vault,
                                    access::Caller const& caller,
                                    messages::kms::UpdateKeyDescriptionRequest const& request);
/// In 7 to 30 days, unless it is cancelled; a primary key's days begin when its last replica is gone.
Result<messages::kms::ScheduleKeyDeletionResponse> schedule_key_deletion(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller, Time now,
    messages::kms::ScheduleKeyDeletionRequest const& request);
/// Leaves the key disabled.
Result<messages::kms::CancelKeyDeletionResponse> cancel_key_deletion(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::CancelKeyDeletionRequest const& request);

}  // namespace argosy::kms
