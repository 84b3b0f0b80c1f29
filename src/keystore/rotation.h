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

struct Material {
  catalogue::MaterialVersion version;
  crypto::Key key;
};
/// What all keys of a multi-Region key have in common, as one of them has it.
struct Shared {
  keys::Key key;
  std::vector<Material> materials;  ///< by version, at least one
  std::vector<std::string> replicas;
};
Result<Shared> read_shared(catalogue::Transaction& tx, Vault const& vault, keys::Key const& key);
/// A version of which the key of the same id has another material: what one of the two encrypted the other
/// cannot decrypt. Their regions were restored from different moments.
Result<std::optional<std::uint32_t>> find_conflict(catalogue::Transaction& tx, Shared const& shared);
/// Gives the key of the same id those materials that it lacks. Fails with `corrupt` if there is a conflict.
Result<void> insert_missing(catalogue::Transaction& tx, Vault const& vault, Shared const& shared);

/// Gives the key of the same id in `there` what it lacks, and makes it a replica of `primary`, which is that
/// of `vault.region`. False if there is none. One that follows a later state of the primary key stays as it
/// is. One that is Updating was the primary key before this one, which it hears from now: its update has
/// ended. One that waits for the end of its own replicas waits for its own from now on.
Result<bool> update_replica(sql::Pool& there, Vault const& vault, Shared const& primary, Time now);

/// Saves a single or primary key of which something has changed that its replicas share: they lag behind it
/// now. Returns the key as it is then.
Result<keys::Key> save_shared(catalogue::Transaction& tx, keys::Key key, Time now);
/// The primary key has no replica in that region any more. Nothing if the key is not the primary one.
Result<void> forget_replica(catalogue::Transaction& tx, std::string_view key, std::string_view region,
                            Time now);

/// Records a new material. It encrypts from now on, or, if the key has replicas, when `bring_in_step` has
/// been everywhere. `key` is the stored one, single or primary; returns it as it is now.
Result<keys::Key> rotate(catalogue::Transaction& tx, Vault const& vault, keys::Key key,
                         catalogue::MaterialOrigin origin, Time now);
/// Whether a rotation waits for replicas.
Result<bool> is_rotating(catalogue::Transaction& tx, keys::Key const& key);

/// Gives every replica of the primary key in `vault.region` what it lacks of what all share, ends a rotation
/// that waits for them, and forgets replicas that are gone. Does nothing if the key there is not the primary
/// one. Fails if a replica could not be looked after; the others have been. No transaction may be open.
Result<void> bring_in_step(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now);
/// The same after what is done whatever comes of it: a failure is logged, and step_keys goes on.
void bring_in_step_or_later(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now);

/// Makes a replica of the primary key in `vault.region`, which names `replica.id`, and records it at both
/// ends. `replica` is what it shall be but for its material. Fails with AlreadyExistsException,
/// LimitExceededException, UnsupportedOperationException for a region of another process, and if the primary
/// is not enabled now. No transaction may be open.
Result<void> replicate(Catalogues const& catalogues, Vault const& vault, keys::Key const& replica,
                       catalogue::KeyTags const& tags, std::int64_t limit, Time now);

}  // namespace argosy::keystore
