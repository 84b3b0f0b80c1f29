// kms/replicate_key.h - ReplicateKey: a multi-Region key in another region of this process. Source:
// ec2-semantics F2.
#pragma once
#include "keystore/key_changes.h"
#include "keystore/rotation.h"
#include "messages/kms/replicate_key.h"

namespace argosy::kms {

/// Reads and writes in both regions, so it takes their catalogues and no transaction. The replica has policy,
/// description, tags, aliases, grants and state of its own. Fails with UnsupportedOperationException on a key
/// that is no primary or a region that another process serves, AlreadyExistsException,
/// DependencyTimeoutException.
Result<messages::kms::ReplicateKeyResponse> replicate_key(keystore::Catalogues const& catalogues,
                                                          keystore::KeyChanges& key_changes,
                                                          keystore::Vault const& vault,
                                                          access::Caller const& caller, Time now,
                                                          messages::kms::ReplicateKeyRequest const& request);

}  // namespace argosy::kms
