// catalogue/leases.h - what other regions read from here: a lease pins the roots of what was opened for a
// copy.
#pragma once
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "catalogue/schema.h"

namespace argosy::catalogue {

/// A lease that is not renewed for so long is gone: longer than a destination may be down.
inline constexpr Duration kLeaseAge = std::chrono::hours(24);

/// Of one region at the same time: more than all the copies that it may have under way for some dozens of
/// accounts.
inline constexpr std::int64_t kMaxLeasesOfPeer = 10'000;
/// Of these for one account, so that none takes the others' place: several times the copies that it may have
/// under way.
inline constexpr std::int64_t kMaxLeasesOfAccount = 2'000;

struct LeaseDisk {
  std::string snapshot_id;
  std::string domain;  ///< the account whose content it is
  Bytes root;
  std::int64_t volume_size_gib = 0;
  std::string kms_key;  ///< ARN of the key that is asked for; empty: not encrypted, or only repaired
  Bytes envelope;       ///< what that key opens: the root's key
};
struct Lease {
  std::string id;
  std::string peer;      ///< the region that opened it
  std::string account;   ///< for whom
  std::string resource;  ///< which image or snapshot
  Time created{};
  Time expires{};
  std::vector<LeaseDisk> disks;
};

inline std::unexpected<Error> lease_not_found(std::string_view id) {
  return fail(Fault::not_found, "LeaseNotFound", "There is no lease " + std::string(id));
}

Result<void> insert_lease(Transaction& tx, Lease const& lease);
/// Of that peer and not expired; else `not_found`.
Result<Lease> find_lease(Transaction& tx, std::string_view id, std::string_view peer, Time now);
/// Fails with RequestLimitExceeded if that region, or the account in it, has as many as it may.
Result<void> check_lease_limit(Transaction& tx, std::string_view peer, std::string_view account);
Result<void> renew_lease(Transaction& tx, std::string_view id, Time expires);
Result<void> remove_lease(Transaction& tx, std::string_view id);
Result<void> remove_expired_leases(Transaction& tx, Time now);

}  // namespace argosy::catalogue
