// ec2/limits.cpp - see limits.h.
#include "ec2/limits.h"

#include "catalogue/copies.h"
#include "catalogue/images.h"
#include "catalogue/permissions.h"
#include "catalogue/snapshots.h"
#include "catalogue/usage.h"

namespace argosy::ec2 {

Result<void> check_image_limit(catalogue::Transaction& tx, access::Caller const& caller) {
  auto have = TRY(catalogue::count_images(tx, caller.account));
  if (have >= caller.limits.images)
    return images::limit_exceeded(access::limit_message("images in this region", caller.limits.images,
                                                        "images", "Deregister images that are not needed"));
  return {};
}

Result<void> check_copy_limits(catalogue::Transaction& tx, access::Caller const& caller, bool of_images,
                               messages::replication::OpenResponse const& opened) {
  auto const& limits = caller.limits;
  auto const most = of_images ? limits.image_copies : limits.snapshot_copies;
  auto under_way = TRY(catalogue::count_copies(tx, caller.account, of_images));
  if (under_way >= most)
    return images::limit_exceeded(access::limit_message(
        of_images ? "image copies in progress into this region"
                  : "snapshot copies in progress into this region",
        most, of_images ? "image_copies" : "snapshot_copies", "Wait until some are done"));
  auto have = TRY(catalogue::count_snapshots(tx, caller.account));
  if (have + static_cast<std::int64_t>(opened.snapshots.size()) > limits.snapshots)
    return fail(Fault::limit, "SnapshotLimitExceeded",
                access::limit_message("snapshots in this region", limits.snapshots, "snapshots",
                                      "Delete snapshots that are not needed"));
  auto bytes = TRY(catalogue::count_content_bytes(tx, caller.account));
  for (auto const& snapshot : opened.snapshots) bytes += snapshot.content_bytes;
  if (bytes > limits.content_bytes)
    return images::limit_exceeded(access::limit_message("GiB of content in this region",
                                                        limits.content_bytes >> 30U, "content_gib",
                                                        "Delete snapshots that are not needed"));
  return {};
}

Result<void> check_permission_limit(catalogue::Transaction& tx, access::Caller const& caller,
                                    std::string_view resource) {
  auto have = TRY(catalogue::count_permissions(tx, resource));
  auto const most = caller.limits.launch_permissions;
  if (have > most)
    return images::limit_exceeded(
        access::limit_message("entities that " + std::string(resource) + " is shared with", most,
                              "launch_permissions", "Remove some first"));
  return {};
}

}  // namespace argosy::ec2
