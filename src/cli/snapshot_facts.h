// cli/snapshot_facts.h - all there is to know of one snapshot, for people and for scripts.
#pragma once
#include <boost/json.hpp>
#include <optional>

#include "cli/ec2.h"
#include "cli/page.h"
#include "cli/permissions.h"

namespace argosy::cli {

struct SnapshotFacts {
  ec2::Snapshot snapshot;
  std::optional<Audience> may_copy;  ///< known to the owner alone
};

/// What one snapshot's description says, and who may copy it if it is among `own`.
Outcome<SnapshotFacts> gather_facts(Session& session, ec2::Snapshot snapshot,
                                    std::vector<ec2::Snapshot> const& own);
void describe(Page& page, SnapshotFacts const& facts);
/// The members of EC2's Snapshot in snake case, times as EC2 shows them, and `may_copy`.
boost::json::object to_json(SnapshotFacts const& facts);

}  // namespace argosy::cli
