// ec2/delete_snapshot.cpp - DeleteSnapshot: load, decide, save.
#include "ec2/delete_snapshot.h"

#include "catalogue/copies.h"
#include "catalogue/images.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "ec2/dry_run.h"

namespace argosy::ec2 {

Result<void> remove_snapshot_and_work(catalogue::Transaction& tx, images::Snapshot const& snapshot) {
  if (snapshot.is_upload) TRY(catalogue::insert_ended_upload(tx, snapshot.id));
  auto copy = TRY(catalogue::find_copy_of_snapshot(tx, snapshot.id));
  if (copy) TRY(catalogue::remove_copy(tx, copy->id));
  TRY(catalogue::note_garbage(tx));
  return catalogue::remove_snapshot(tx, snapshot.id);
}

/// An image that the caller may not see is not named.
std::unexpected<Error> in_use(catalogue::Transaction& tx, access::Caller const& caller,
                              std::string const& snapshot, std::string const& image) {
  auto const id = images::ImageId::parse(image);
  bool const seen = id && catalogue::find_visible_image(tx, caller.account, *id);
  return images::snapshot_in_use(snapshot, seen ? image : "an image of another account");
}

Result<messages::ec2::DeleteSnapshotResponse> delete_snapshot(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DeleteSnapshotRequest const& request) {
  auto id = TRY(images::SnapshotId::parse(request.snapshot_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto snapshot = TRY(catalogue::find_owned_snapshot(tx, caller.account, id));
  auto user = TRY(catalogue::find_image_using(tx, snapshot.id, ""));
  if (user) return in_use(tx, caller, snapshot.id, *user);
  TRY(remove_snapshot_and_work(tx, snapshot));
  return messages::ec2::DeleteSnapshotResponse{};
}

}  // namespace argosy::ec2
