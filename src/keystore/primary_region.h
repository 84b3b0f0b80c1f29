// keystore/primary_region.h - another replica of a multi-Region key becomes its primary key.
//
// The primary key steps down first: it is Updating, and nothing changes what all share.
// Then the other one takes over, and the former is a replica as others are. Everything goes on with being
// encrypted and decrypted. A crash in between leaves a key that is Updating, and `end_update` goes on.
#pragma once
#include "keystore/rotation.h"

namespace argosy::keystore {

/// `primary`, as it is stored, steps down for its replica `successor`, as that was read before. Fails with
/// KMSInvalidStateException, before anything changes, if the two are of different moments: the replica knows
/// of a later one, or they have different materials of one version.
Result<void> step_down(catalogue::Transaction& tx, keys::Key const& primary, Shared const& successor);

/// Goes on with the key in `vault.region` that is Updating, and tells the other replicas; nothing if it is
/// not. If the one that shall take over was deleted meanwhile, or is of another moment, all is as it was.
/// Fails with `unavailable` if its region is not in this process. Any thread, several at once. No transaction
/// may be open.
Result<void> end_update(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now);

}  // namespace argosy::keystore
