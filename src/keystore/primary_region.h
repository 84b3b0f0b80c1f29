// keystore/primary_region.h - another replica of a multi-Region key becomes its primary key.
//
// The primary key steps down first (keys::step_down): it is Updating, and nothing changes what all share.
// Then the other one takes over, and the former is a replica as others are. Everything goes on with being
// encrypted and decrypted. A crash in between leaves a key that is Updating, and `end_update` goes on.
#pragma once
#include "keystore/rotation.h"

namespace argosy::keystore {

/// Goes on with the key in `vault.region` that is Updating, and tells the other replicas; nothing if it is
/// not. If the one that shall take over was deleted meanwhile, all is as it was. Fails with `unavailable` if
/// its region is not in this process. Any thread, several at once. No transaction may be open.
Result<void> end_update(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now);

}  // namespace argosy::keystore
