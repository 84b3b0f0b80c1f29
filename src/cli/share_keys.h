// cli/share_keys.h - the keys of an image or a snapshot that is shared: who can use them, and giving and
// taking them with it.
#pragma once
#include <string>
#include <vector>

#include "cli/ec2.h"
#include "cli/key_access.h"
#include "cli/key_grants.h"
#include "cli/permissions.h"

namespace argosy::cli {

/// An image or a snapshot that is shared, and the snapshots whose keys go with it.
struct Shared {
  std::string id;
  std::vector<std::string> snapshots;  ///< of an image that is not encrypted none
};
Shared to_shared(ec2::Image const& image);
/// The ARNs of the keys that these are encrypted under, each once.
std::vector<std::string> keys_of(std::vector<ec2::Snapshot> const& snapshots);

/// What is known before it is shared.
struct ShareCheck {
  std::vector<Obstacle> obstacles;  ///< the service would refuse it, or the key cannot be given
  std::vector<Obstacle> warnings;   ///< it is shared, but could not be used
};
/// Looks at the keys of those of its snapshots that are the caller's. `with_key`: the accounts will be given
/// them.
Outcome<ShareCheck> check_share(Session& session, Shared const& shared, Audience const& audience,
                                bool with_key);

/// Each account gets a grant on each of these keys, named by what is shared.
Outcome<void> give_keys(Session& session, Shared const& shared, std::vector<std::string> const& accounts);
/// Revokes what give_keys gave with it: to these accounts or, of nobody, to all. Fails if a key is closed to
/// the caller, or its grants are, when it has taken the others: who is meant to be shut out may still be in.
Outcome<void> take_keys(Session& session, Shared const& shared, std::vector<std::string> const& accounts);
/// The same with images and snapshots that are gone, from all accounts. `key_arns`: what their disks were
/// encrypted under.
Revoked take_keys_of_gone(Session& session, std::vector<std::string> const& gone_ids,
                          std::vector<std::string> const& key_arns);
/// What is said of that before somebody is asked, where there are keys.
inline constexpr char const* kGrantsGoToo = "  with the grants that --with-key gave, if there are any";

}  // namespace argosy::cli
