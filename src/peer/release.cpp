// peer/release.cpp - Release: the key of an opened disk's root, for whoever may use the KMS key now.
#include <algorithm>

#include "catalogue/snapshots.h"
#include "peer/lease.h"

namespace argosy::peer {

namespace m = messages::replication;

Result<m::ReleaseResponse> release(Source& source, Peer const& peer, m::ReleaseRequest const& request) {
  if (!peer.receives_keys)
    return fail(Fault::denied, "UnauthorizedOperation",
                "Region " + source.region + " gives region " + peer.region +
                    " no keys: 'receives_keys' of that peer in its configuration must be true");
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  auto lease = TRY(find_own_lease(tx, source, peer, request.lease));
  auto disk = std::ranges::find(lease.disks, request.snapshot_id, &catalogue::LeaseDisk::snapshot_id);
  if (disk == lease.disks.end() || disk->envelope.empty()) return catalogue::lease_not_found(request.lease);
  auto const caller = TRY(source.keys.root_of(lease.account));
  TRY(source.keys.check_copied(tx, caller, disk->kms_key, disk->envelope));
  auto const secret = TRY(source.keys.unwrap(tx, caller, disk->envelope));
  auto const root = TRY(content::decode_root_secret(secret));
  auto const sealing = TRY(source.keys.sealing_key(tx, disk->kms_key));
  return m::ReleaseResponse{content::encode_reference(root), sealing.has_value()};
}

}  // namespace argosy::peer
