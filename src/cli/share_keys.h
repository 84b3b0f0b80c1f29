// cli/share_keys.h - the keys of an image that is shared: who can use them, and giving and taking them with
// the image.
#pragma once
#include <string>
#include <vector>

#include "cli/ec2.h"
#include "cli/key_access.h"
#include "cli/permissions.h"

namespace argosy::cli {

/// The keys of the image's snapshots that can be seen, each once. Fails as find_key.
Outcome<std::vector<FoundKey>> find_image_keys(Session& session, ec2::Image const& image);

/// What is known before an image is shared.
struct ShareCheck {
  std::vector<Obstacle> obstacles;  ///< the service would refuse it, or the key cannot be given
  std::vector<Obstacle> warnings;   ///< it is shared, but could not be started
};
/// `with_key`: the accounts will be given the keys.
Outcome<ShareCheck> check_share(Session& session, ec2::Image const& image, Audience const& audience,
                                bool with_key);

/// Each account gets a grant on each of the image's keys, of the image's own name.
Outcome<void> give_image_keys(Session& session, ec2::Image const& image,
                              std::vector<std::string> const& accounts);
/// Revokes what give_image_keys gave with this image: to these accounts or, of nobody, to all.
Outcome<void> take_image_keys(Session& session, ec2::Image const& image,
                              std::vector<std::string> const& accounts);

}  // namespace argosy::cli
