// ebs/waiting_images.h - images that are taken of a machine wait for the snapshots of its volumes, and end
// with them, in the same transaction.
#pragma once
#include "catalogue/schema.h"
#include "images/snapshot.h"

namespace argosy::ebs {

/// A snapshot is completed: an image of which it was the last is available.
Result<void> complete_waiting_images(catalogue::Transaction& tx, images::Snapshot const& completed);
/// A snapshot is `error`: so are the images that need it, with EC2's `code` and the snapshot's message.
Result<void> fail_waiting_images(catalogue::Transaction& tx, images::Snapshot const& failed,
                                 std::string const& code);

}  // namespace argosy::ebs
