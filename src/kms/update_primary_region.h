// kms/update_primary_region.h - UpdatePrimaryRegion: another replica of a multi-Region key becomes its
// primary key. Source: AWS KMS API reference, "UpdatePrimaryRegion"; ec2-semantics F2, F3.
#pragma once
#include "keystore/key_changes.h"
#include "keystore/rotation.h"
#include "messages/kms/update_primary_region.h"

namespace argosy::kms {

/// Reads and writes in both regions, so it takes their catalogues and no transaction; done when it returns.
/// The caller must be allowed it by the policies of both keys, and both must be enabled. Fails with
/// UnsupportedOperationException on a key that is no primary key, for its own region or one that another
/// process serves; NotFoundException if there is no replica in that region; KMSInvalidStateException if that
/// is of another moment than the primary key; DependencyTimeoutException.
Result<void> update_primary_region(keystore::Catalogues const& catalogues, keystore::KeyChanges& key_changes,
                                   keystore::Vault const& vault, access::Caller const& caller, Time now,
                                   messages::kms::UpdatePrimaryRegionRequest const& request);

}  // namespace argosy::kms
