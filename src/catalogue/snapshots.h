// catalogue/snapshots.h - snapshots: uploads, copies and what they became.
#pragma once
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "images/rules.h"

namespace argosy::catalogue {

/// Fails with InvalidSnapshot.NotFound.
Result<images::Snapshot> find_snapshot(Transaction& tx, std::string_view id);
/// The caller's own, with the right refusal for all others (images::check_owner).
Result<images::Snapshot> find_owned_snapshot(Transaction& tx, std::string_view account,
                                             images::SnapshotId const& id);
/// One that the caller owns or that is shared with him or with everybody, else InvalidSnapshot.NotFound.
Result<images::Snapshot> find_usable_snapshot(Transaction& tx, std::string_view account,
                                              images::SnapshotId const& id);

Result<void> insert_snapshot(Transaction& tx, images::Snapshot const& snapshot);
/// Everything but owner, volume, parent and source.
Result<void> save_snapshot(Transaction& tx, images::Snapshot const& snapshot);
Result<void> save_description(Transaction& tx, std::string_view id, std::string_view description);
/// With its permissions and everybody's tags.
Result<void> remove_snapshot(Transaction& tx, std::string_view id);

/// The journal of an upload (or a copy) that is over can be forgotten: said in the transaction that ends it,
/// done later.
Result<void> insert_ended_upload(Transaction& tx, std::string_view snapshot);
Result<std::vector<std::string>> list_ended_uploads(Transaction& tx, std::size_t limit);
Result<void> remove_ended_upload(Transaction& tx, std::string_view snapshot);

Result<std::int64_t> count_snapshots(Transaction& tx, std::string_view owner);
/// Uploads that are neither complete nor given up.
Result<std::int64_t> count_uploads(Transaction& tx, std::string_view owner);
/// Uploads whose CompleteSnapshot was accepted, or (false) that still take blocks; in order of id, after
/// `after`.
Result<std::vector<std::string>> list_uploads(Transaction& tx, bool completing, std::string_view after,
                                              std::size_t limit);

}  // namespace argosy::catalogue
