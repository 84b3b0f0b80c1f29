// kms/rotation.h - EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand,
// ListKeyRotations. Source: ec2-semantics F2.
#pragma once
#include "keystore/rotation.h"
#include "messages/kms/rotation.h"

namespace argosy::kms {

/// Each 90 to 2,560 days, from now on. A replica follows its primary: UnsupportedOperationException.
Result<void> enable_key_rotation(catalogue::Transaction& tx, keystore::Vault const& vault,
                                 access::Caller const& caller, Time now,
                                 messages::kms::EnableKeyRotationRequest const& request);
Result<void> disable_key_rotation(catalogue::Transaction& tx, keystore::Vault const& vault,
                                  access::Caller const& caller, Time now,
                                  messages::kms::DisableKeyRotationRequest const& request);
Result<messages::kms::GetKeyRotationStatusResponse> get_key_rotation_status(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::GetKeyRotationStatusRequest const& request);
/// At once; of a key with replicas when all have the new material (keystore/rotation.h). Fails with
/// ConflictException while it has not ended, LimitExceededException, UnsupportedOperationException on a
/// replica.
Result<messages::kms::RotateKeyOnDemandResponse> rotate_key_on_demand(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller, Time now,
    messages::kms::RotateKeyOnDemandRequest const& request);
Result<messages::kms::ListKeyRotationsResponse> list_key_rotations(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::ListKeyRotationsRequest const& request);

}  // namespace argosy::kms
