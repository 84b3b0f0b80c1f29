// peer/lease.h - the lease that a request names, if the peer may use it now.
#pragma once
#include "catalogue/leases.h"
#include "peer/peer.h"

namespace argosy::peer {

/// Fails with LeaseNotFound: no such lease, another region's, run out or closed, or of an account that the
/// peer may no longer speak for.
inline Result<catalogue::Lease> find_own_lease(catalogue::Transaction& tx, Source& source, Peer const& peer,
                                               std::string_view id) {
  auto lease = TRY(catalogue::find_lease(tx, id, peer.region, source.clock.now()));
  if (!peer.accounts.contains(lease.account)) return catalogue::lease_not_found(id);
  return lease;
}

}  // namespace argosy::peer
