// catalogue/roots.h - which content is needed, and that some no longer is: what the collector of garbage
// asks.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "catalogue/schema.h"

namespace argosy::catalogue {

/// Calls `visit(account, root)` for every disk whose content something needs: snapshots (while they are
/// uploaded, their parents'), volumes, copies under way, leases that have not expired. All in one
/// transaction, so that none is missed by moving from one of these to another.
Result<void> visit_roots(Transaction& tx, Time now,
                         std::function<Result<void>(std::string_view account, ByteView root)> const& visit);

/// What a completed snapshot holds.
struct CompletedDisk {
  std::string snapshot_id;
  std::string account;
  Bytes root;
  std::int64_t volume_size_gib = 1;
};
/// In order of id, after the given one.
Result<std::vector<CompletedDisk>> list_completed_disks(Transaction& tx, std::string_view after,
                                                        std::size_t limit);
/// A completed snapshot of that account with exactly this content in this stored form; fails with
/// InvalidSnapshot.NotFound.
Result<std::string> find_snapshot_by_root(Transaction& tx, std::string_view account, ByteView root);

/// What an account's completed snapshots hold, each counted by itself.
struct LogicalTotals {
  std::int64_t snapshots = 0;
  std::int64_t bytes = 0;
};
Result<std::map<std::string, LogicalTotals>> logical_totals(Transaction& tx);

/// Says, in the transaction that does it, that something no longer needs its content.
Result<void> note_garbage(Transaction& tx);
/// How often that was said.
Result<std::int64_t> count_garbage_notes(Transaction& tx);

}  // namespace argosy::catalogue
