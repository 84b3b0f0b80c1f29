// kms/aliases.h - CreateAlias, UpdateAlias, DeleteAlias, ListAliases. Source: ec2-semantics F2.
#pragma once
#include "keystore/keystore.h"
#include "messages/kms/aliases.h"

namespace argosy::kms {

/// Fails with InvalidAliasNameException, AlreadyExistsException, LimitExceededException.
Result<void> create_alias(catalogue::Transaction& tx, keystore::Vault const& vault,
                          access::Caller const& caller, Time now,
                          messages::kms::CreateAliasRequest const& request);
/// The caller must be let by the old key and by the new one. Fails with NotFoundException if there is no such
/// alias.
Result<void> update_alias(catalogue::Transaction& tx, keystore::Vault const& vault,
                          access::Caller const& caller, Time now,
                          messages::kms::UpdateAliasRequest const& request);
/// Leaves its key as it is.
Result<void> delete_alias(catalogue::Transaction& tx, keystore::Vault const& vault,
                          access::Caller const& caller, messages::kms::DeleteAliasRequest const& request);
Result<messages::kms::ListAliasesResponse> list_aliases(catalogue::Transaction& tx,
                                                        keystore::Vault const& vault,
                                                        access::Caller const& caller,
                                                        messages::kms::ListAliasesRequest const& request);

}  // namespace argosy::kms
