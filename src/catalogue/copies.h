// catalogue/copies.h - copy tasks into this region: durable, claimed by one worker at a time.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "catalogue/schema.h"

namespace argosy::catalogue {

/// One disk of a task.
struct CopyDisk {
  std::string snapshot_id;  ///< in this region
  std::string source_snapshot_id;
  Bytes root;  ///< the content layer's reference, as the source gave it
  std::string source_owner;
  bool source_encrypted = false;
};

/// A task exists from the call that asked for it until its snapshots are completed or in error.
struct Copy {
  std::string id;
  std::string account;
  std::string image_id;  ///< the new image; empty for CopySnapshot
  std::string source_region;
  std::string source_resource;  ///< the image or snapshot there
  std::string source_lease;     ///< what pins its content there
  Time created{};
  std::int64_t epoch = 0;  ///< raised by each claim: a worker that lost its claim can commit nothing
  std::vector<CopyDisk> disks;
};

Result<void> insert_copy(Transaction& tx, Copy const& copy);
Result<Copy> find_copy(Transaction& tx, std::string_view id);
/// The task that makes this image, or this snapshot; nothing if none is under way.
Result<std::optional<Copy>> find_copy_of_image(Transaction& tx, std::string_view image);
Result<std::optional<Copy>> find_copy_of_snapshot(Transaction& tx, std::string_view snapshot);
/// However it ended. What it pinned at its source is given back (ended_leases.h).
Result<void> remove_copy(Transaction& tx, std::string_view id);

/// Tasks that nobody has claimed until `now`, oldest first. What `worker` has claimed is its own for as long
/// as it lives, however late it renews.
Result<std::vector<std::string>> list_unclaimed_copies(Transaction& tx, std::string_view worker, Time now,
                                                       std::size_t limit);
/// Claims or renews; gives the new epoch. A renewal names its epoch; a first claim names 0 and takes what is
/// unclaimed. Fails with `conflict` if another worker has it.
Result<std::int64_t> claim_copy(Transaction& tx, std::string_view id, std::string_view worker,
                                std::int64_t epoch, Time now, Time until);
/// At a start, when no other process can hold claims.
Result<void> release_all_copies(Transaction& tx);
/// Fails with `conflict` unless the task exists and its claim has this epoch: before every commit of
/// progress.
Result<void> check_epoch(Transaction& tx, std::string_view id, std::int64_t epoch);
Result<void> save_source_lease(Transaction& tx, std::string_view id, std::string_view lease);

/// Copies of images (or of single snapshots) under way into this region, of one account.
Result<std::int64_t> count_copies(Transaction& tx, std::string_view account, bool of_images);

}  // namespace argosy::catalogue
