// keystore/rotation.h - new material for a key, and the replicas of multi-Region keys in step with their
// primary.
//
// A new material is first in every replica, then it encrypts: what one replica encrypts, all can decrypt at
// every moment. Each step leaves what the next finds, so that a crash between them delays it and nothing
// more.
#pragma once
#include <functional>

#include "keystore/keystore.h"

namespace argosy::keystore {

/// The catalogues of this process's regions; nullptr of a region that is not here.
using Catalogues = std::function<sql::Pool*(std::string_view region)>;

/// Records a new material. It encrypts from now on, or, if the key has replicas, when `bring_in_step` has
/// been everywhere. `key` is the stored one, single or primary; returns it as it is now.
Result<keys::Key> rotate(catalogue::Transaction& tx, Vault const& vault, keys::Key key,
                         catalogue::MaterialOrigin origin, Time now);
/// Whether a rotation waits for replicas.
Result<bool> is_rotating(catalogue::Transaction& tx, keys::Key const& key);

/// Gives every replica of the primary key in `vault.region` the materials that it lacks, ends a rotation that
/// waits for them, and forgets replicas that are gone. No transaction may be open.
Result<void> bring_in_step(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now);

/// Makes a replica of the primary key in `vault.region`, which names `replica.id`, and records it at both
/// ends. `replica` is what it shall be but for its material. Fails with AlreadyExistsException,
/// LimitExceededException, UnsupportedOperationException for a region of another process. No transaction may
/// be open.
Result<void> replicate(Catalogues const& catalogues, Vault const& vault, keys::Key const& replica,
                       catalogue::KeyTags const& tags, std::int64_t limit, Time now);

}  // namespace argosy::keystore
