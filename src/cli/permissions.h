// cli/permissions.h - who may start an image and who may copy it: launch permissions and those of its
// snapshots.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "cli/ec2.h"

namespace argosy::cli {

/// Those that an image is shared with.
struct Audience {
  std::vector<std::string> accounts;       ///< 12 digits
  std::vector<std::string> organizations;  ///< ARNs
  std::vector<std::string> units;          ///< ARNs of organizational units
  bool everybody = false;

  bool empty() const { return accounts.empty() && organizations.empty() && units.empty() && !everybody; }
};

/// Sorts the words into accounts and ARNs; fails with `usage` on anything else.
Outcome<Audience> parse_audience(std::vector<std::string> const& words);
Audience to_audience(std::vector<ec2::LaunchPermission> const& permissions);
Audience to_audience(std::vector<ec2::CreateVolumePermission> const& permissions);

/// "public, 2 accounts", "1 organization", "-".
std::string show_audience(Audience const& audience);
/// Every one of them: "everybody, 123456789012", "nobody else".
std::string list_audience(Audience const& audience);
boost::json::object to_json(Audience const& audience);

enum class Change { grant, revoke };

/// Fails with `usage` if snapshots are to be shared with more than accounts and everybody: EC2 has no such
/// permission.
Outcome<void> check_snapshot_audience(Audience const& audience);
Outcome<void> change_launch_permissions(Session& session, std::string const& image_id, Change change,
                                        Audience const& audience);
/// For the accounts and everybody in `audience`, on each snapshot, also after one that failed.
Outcome<void> change_snapshot_permissions(Session& session, std::vector<std::string> const& snapshot_ids,
                                          Change change, Audience const& audience);

}  // namespace argosy::cli
