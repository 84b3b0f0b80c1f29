// ec2/deregister_image.cpp - DeregisterImage: load, decide, save.
#include "ec2/deregister_image.h"

#include <algorithm>

#include "catalogue/copies.h"
#include "catalogue/images.h"
#include "catalogue/permissions.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "ec2/delete_snapshot.h"
#include "ec2/dry_run.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

/// What has arrived stays; what has not will never be whole.
Result<void> cancel_copy(catalogue::Transaction& tx, images::Image const& image) {
  auto copy = TRY(catalogue::find_copy_of_image(tx, image.id));
  if (!copy) return {};
  for (auto const& disk : copy->disks) {
    auto snapshot = TRY(catalogue::find_snapshot(tx, disk.snapshot_id));
    if (snapshot.state != images::SnapshotState::pending) continue;
    snapshot.state = images::SnapshotState::error;
    snapshot.status_message = "The copy was cancelled: " + image.id + " was deregistered";
    TRY(catalogue::save_snapshot(tx, snapshot));
  }
  TRY(catalogue::note_garbage(tx));
  return catalogue::remove_copy(tx, copy->id);
}

/// One line of the answer; a snapshot that another image needs is skipped, and the image goes all the same.
Result<m::DeleteSnapshotReturnCode> delete_associated(catalogue::Transaction& tx,
                                                      access::Caller const& caller, std::string const& image,
                                                      std::string const& id) {
  auto snapshot = TRY(catalogue::find_snapshot(tx, id));
  if (snapshot.owner != caller.account) return m::DeleteSnapshotReturnCode{id, "missing-permissions"};
  auto user = TRY(catalogue::find_image_using(tx, id, image));
  if (user) return m::DeleteSnapshotReturnCode{id, "skipped"};
  TRY(remove_snapshot_and_work(tx, snapshot));
  return m::DeleteSnapshotReturnCode{id, "success"};
}

}  // namespace

Result<m::DeregisterImageResponse> deregister_image(catalogue::Transaction& tx, access::Caller const& caller,
                                                    m::DeregisterImageRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_owned_image(tx, caller.account, id));
  TRY(cancel_copy(tx, image));
  image.state = images::ImageState::deregistered;
  TRY(catalogue::save_image(tx, image));
  TRY(catalogue::shrink_deregistered(tx, image));
  TRY(catalogue::remove_all_permissions(tx, image.id));
  TRY(catalogue::remove_resource_tags(tx, image.id));
  m::DeregisterImageResponse response;
  response.result = true;
  if (!request.delete_associated_snapshots.value_or(false)) return response;
  auto& results = response.delete_snapshot_result_set.emplace();
  for (auto const& mapping : image.mappings) {
    bool const seen = std::ranges::find(results, mapping.snapshot_id,
                                        &m::DeleteSnapshotReturnCode::snapshot_id) != results.end();
    if (mapping.snapshot_id.empty() || seen) continue;
    results.push_back(TRY(delete_associated(tx, caller, image.id, mapping.snapshot_id)));
  }
  return response;
}

}  // namespace argosy::ec2
