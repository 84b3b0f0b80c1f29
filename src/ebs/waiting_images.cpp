// ebs/waiting_images.cpp - see waiting_images.h.
#include "ebs/waiting_images.h"

#include "catalogue/images.h"
#include "catalogue/snapshots.h"

namespace argosy::ebs {
namespace {

bool is_complete(catalogue::Transaction& tx, images::Image const& image) {
  for (auto const& mapping : image.mappings) {
    if (mapping.snapshot_id.empty()) continue;
    auto const snapshot = catalogue::find_snapshot(tx, mapping.snapshot_id);
    if (!snapshot || snapshot->state != images::SnapshotState::completed) return false;
  }
  return true;
}

}  // namespace

Result<void> complete_waiting_images(catalogue::Transaction& tx, images::Snapshot const& completed) {
  auto const waiting = TRY(catalogue::list_images_waiting_for(tx, completed.id));
  for (auto const& id : waiting) {
    auto image = TRY(catalogue::find_image(tx, id));
    if (!is_complete(tx, image)) continue;
    image.state = images::ImageState::available;
    TRY(catalogue::save_image(tx, image));
  }
  return {};
}

Result<void> fail_waiting_images(catalogue::Transaction& tx, images::Snapshot const& failed,
                                 std::string const& code) {
  auto const waiting = TRY(catalogue::list_images_waiting_for(tx, failed.id));
  for (auto const& id : waiting) {
    auto image = TRY(catalogue::find_image(tx, id));
    image.state = images::ImageState::failed;
    image.state_reason_code = code;
    image.state_reason = code + ": The snapshot " + failed.id + " failed: " + failed.status_message;
    TRY(catalogue::save_image(tx, image));
  }
  return {};
}

}  // namespace argosy::ebs
