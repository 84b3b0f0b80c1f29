// kms/grants.h - CreateGrant, ListGrants, ListRetirableGrants, RevokeGrant, RetireGrant. Source:
// ec2-semantics F2, F4.
#pragma once
#include "keystore/keystore.h"
#include "messages/kms/grants.h"

namespace argosy::kms {

/// In force at once. A named grant that is there already with the same parameters is answered again. Fails
/// with ValidationException, InvalidArnException, LimitExceededException.
Result<messages::kms::CreateGrantResponse> create_grant(catalogue::Transaction& tx,
                                                        keystore::Vault const& vault,
                                                        access::Caller const& caller, Time now,
                                                        messages::kms::CreateGrantRequest const& request);
Result<messages::kms::ListGrantsResponse> list_grants(catalogue::Transaction& tx,
                                                      keystore::Vault const& vault,
                                                      access::Caller const& caller,
                                                      messages::kms::ListGrantsRequest const& request);
/// Of a principal of the caller's account, on keys of whatever account.
Result<messages::kms::ListRetirableGrantsResponse> list_retirable_grants(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::ListRetirableGrantsRequest const& request);
/// By whoever may administer the key. Fails with InvalidGrantIdException, NotFoundException.
Result<void> revoke_grant(catalogue::Transaction& tx, keystore::Vault const& vault,
                          access::Caller const& caller, messages::kms::RevokeGrantRequest const& request);
/// By whom it concerns (keys::may_retire); to all others there is no such grant: NotFoundException.
Result<void> retire_grant(catalogue::Transaction& tx, keystore::Vault const& vault,
                          access::Caller const& caller, messages::kms::RetireGrantRequest const& request);

}  // namespace argosy::kms
