// keystore/upkeep.h - what happens to keys by itself: deletion when the waiting period ends, yearly new
// material, replicas in step.
#pragma once
#include "keystore/rotation.h"

namespace argosy::keystore {

/// At a start, before keys are used: compares the keys in `vault.region` with their primary keys and
/// replicas. Regions that are restored from different moments may lack of each other what one of them has
/// encrypted with since, or both have the primary key: then that of the later revision stays, and the other
/// becomes its replica. A primary key takes over materials and replicas that it does not know; who lags
/// behind it comes into step with `step_keys`. Where both have made a material of the same version nothing is
/// changed, and the log says so.
Result<void> compare_with_primaries(Catalogues const& catalogues, Vault const& vault, Time now);

/// Does what is due in `vault.region`, and says when to come back: within a minute. What is deleted is so for
/// good when the step returns. A key that cannot be looked after now, as that of a replica whose region is
/// not here, holds up no other; the log says so. No key is deleted while the clock may be wrong: within
/// minutes of the very first step or of a leap, also of that which a long stop makes.
Result<Time> step_keys(Catalogues const& catalogues, Vault const& vault, Time now);

}  // namespace argosy::keystore
