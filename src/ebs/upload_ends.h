// ebs/upload_ends.h - what ends an upload before it is completed: time, a loss of power, damage.
#pragma once
#include "base/clock.h"
#include "catalogue/schema.h"
#include "images/snapshot.h"

namespace argosy::ebs {

/// Times of last writes are written down at most so often, so a timeout is late by at most this.
inline constexpr auto kWriteResolution = std::chrono::minutes(1);

/// Never one that the service puts itself: a capture waits for others as long as they take.
bool has_timed_out(images::Snapshot const& snapshot, Time now);
/// The machine's power went since blocks were put that were not synced: some may be gone, and nobody can say
/// which.
bool has_lost_blocks(images::Snapshot const& snapshot, std::string const& boot);

/// Leaves the snapshot, and the images that wait for it, as failed with a reason for their owner, unless the
/// upload has ended before. The caller commits.
Result<void> end_with_error(catalogue::Transaction& tx, std::string const& id, Error const& why);
/// The same for an upload that has timed out, unless it was completed or written to meanwhile. Durable on
/// return.
Result<void> time_out(sql::Pool& catalogue, std::string const& id, Time now);
/// The same for one that has lost blocks. Durable on return.
Result<void> end_lost(sql::Pool& catalogue, images::Snapshot const& snapshot);

}  // namespace argosy::ebs
