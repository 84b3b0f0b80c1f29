// peer/open.cpp - Open, Renew, Close: who may copy what, and the leases that pin it.
#include <algorithm>

#include "access/caller.h"
#include "base/log.h"
#include "catalogue/images.h"
#include "catalogue/leases.h"
#include "catalogue/permissions.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "peer/peer.h"

namespace argosy::peer {
namespace {

namespace m = messages::replication;

m::Image to_message(images::Image const& image, std::vector<images::Tag> const& tags) {
  m::Image out;
  out.name = image.name;
  out.description = image.description;
  out.architecture = image.architecture;
  out.virtualization_type = image.virtualization_type;
  out.root_device_name = image.root_device_name;
  out.kernel_id = image.kernel_id;
  out.ramdisk_id = image.ramdisk_id;
  out.ena_support = image.ena_support;
  out.sriov_net_support = image.sriov_net_support;
  out.boot_mode = image.boot_mode;
  out.tpm_support = image.tpm_support;
  out.uefi_data = image.uefi_data;
  out.imds_support = image.imds_support;
  out.platform = image.platform;
  for (auto const& mapping : image.mappings)
    out.mappings.push_back({mapping.device_name, mapping.virtual_name,
                            mapping.snapshot_id.empty() ? std::nullopt : std::optional(mapping.snapshot_id),
                            mapping.volume_size_gib, mapping.volume_type, mapping.iops, mapping.throughput,
                            mapping.delete_on_termination});
  for (auto const& tag : tags) out.tags.push_back({tag.key, tag.value});
  return out;
}

/// Adds a snapshot to the answer and to the lease.
void add(images::Snapshot const& snapshot, m::OpenResponse& response, catalogue::Lease& lease) {
  response.snapshots.push_back({snapshot.id, snapshot.description, snapshot.volume_size_gib, snapshot.root,
                                snapshot.content_digest, snapshot.content_bytes, snapshot.lineage});
  lease.disks.push_back({snapshot.id, snapshot.owner, snapshot.root, snapshot.volume_size_gib});
}

Result<void> open_image(catalogue::Transaction& tx, m::OpenRequest const& request, m::OpenResponse& response,
                        catalogue::Lease& lease) {
  auto id = TRY(images::ImageId::parse(request.resource));
  auto image = TRY(catalogue::find_visible_image(tx, request.account, id));
  TRY(images::check_copyable(image, request.account));
  auto tags = TRY(catalogue::list_tags(tx, request.account, image.id));
  response.image = to_message(image, tags);
  for (auto const& mapping : image.mappings) {
    bool const seen = std::ranges::find(lease.disks, mapping.snapshot_id,
                                        &catalogue::LeaseDisk::snapshot_id) != lease.disks.end();
    if (mapping.snapshot_id.empty() || seen) continue;
    auto snapshot = TRY(catalogue::find_snapshot(tx, mapping.snapshot_id));
    auto sharing = TRY(catalogue::find_sharing(tx, snapshot.id, request.account));
    if (!images::may_use(snapshot, request.account, sharing))
      return images::invalid_request("You do not have permission to access the storage of this ami");
    add(snapshot, response, lease);
  }
  return {};
}

Result<void> open_snapshot(catalogue::Transaction& tx, m::OpenRequest const& request,
                           m::OpenResponse& response, catalogue::Lease& lease) {
  auto id = TRY(images::SnapshotId::parse(request.resource));
  auto snapshot = TRY(catalogue::find_usable_snapshot(tx, request.account, id));
  if (snapshot.state != images::SnapshotState::completed)
    return images::incorrect_state("The snapshot " + snapshot.id + " is " +
                                   std::string(images::to_text(snapshot.state)) +
                                   "; only a completed snapshot can be copied");
  add(snapshot, response, lease);
  return {};
}

}  // namespace

Result<m::OpenResponse> open(Source& source, std::string_view peer, m::OpenRequest const& request) {
  if (!access::is_account_id(request.account))
    return fail(Fault::invalid, "InvalidParameterValue", "not an account: " + request.account);
  auto now = source.clock.now();
  catalogue::Lease lease{make_uuid(source.entropy),
                         std::string(peer),
                         request.account,
                         request.resource,
                         now,
                         now + catalogue::kLeaseAge,
                         {}};
  m::OpenResponse response;
  response.lease = lease.id;
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(catalogue::remove_expired_leases(tx, now));
  if (request.resource.starts_with("ami-")) {
    TRY(open_image(tx, request, response, lease));
  } else {
    TRY(open_snapshot(tx, request, response, lease));
  }
  TRY(catalogue::insert_lease(tx, lease));
  TRY(tx.commit());
  log_info("{}: {} was opened by region {} for account {} (lease {})", source.region, request.resource, peer,
           request.account, lease.id);
  return response;
}

Result<m::LeaseResponse> renew(Source& source, std::string_view peer, m::LeaseRequest const& request) {
  auto now = source.clock.now();
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(catalogue::find_lease(tx, request.lease, peer, now));
  TRY(catalogue::renew_lease(tx, request.lease, now + catalogue::kLeaseAge));
  TRY(tx.commit());
  return m::LeaseResponse{};
}

Result<m::LeaseResponse> close(Source& source, std::string_view peer, m::LeaseRequest const& request) {
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(catalogue::find_lease(tx, request.lease, peer, source.clock.now()));
  TRY(catalogue::remove_lease(tx, request.lease));
  TRY(tx.commit());
  return m::LeaseResponse{};
}

}  // namespace argosy::peer
