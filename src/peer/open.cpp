// peer/open.cpp - Open, Renew, Close: who may copy what, and the leases that pin it.
#include <algorithm>

#include "access/caller.h"
#include "base/log.h"
#include "catalogue/images.h"
#include "catalogue/openings.h"
#include "catalogue/permissions.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "peer/lease.h"
#include "wire/xml.h"

namespace argosy::peer {
namespace {

namespace m = messages::replication;

/// What names a kernel, a RAM disk or an instance store volume; nothing where it is longer than what may be
/// registered now.
std::optional<std::string> short_name(std::optional<std::string> const& name) {
  if (!name || name->size() > images::kMaxShortNameBytes) return std::nullopt;
  return wire::xml_text(*name);
}

/// Texts as EC2's answers show them: others are believed of no region.
m::Image to_message(images::Image const& image, std::vector<images::Tag> const& tags) {
  m::Image out;
  out.name = image.name;
  out.description = wire::xml_text(image.description);
  out.architecture = image.architecture;
  out.virtualization_type = image.virtualization_type;
  out.root_device_name = image.root_device_name;
  out.kernel_id = short_name(image.kernel_id);
  out.ramdisk_id = short_name(image.ramdisk_id);
  out.ena_support = image.ena_support;
  out.sriov_net_support = image.sriov_net_support;
  out.boot_mode = image.boot_mode;
  out.tpm_support = image.tpm_support;
  out.uefi_data = image.uefi_data;
  out.imds_support = image.imds_support;
  out.platform = image.platform;
  for (auto const& mapping : image.mappings) {
    auto const virtual_name = short_name(mapping.virtual_name);
    if (mapping.virtual_name && !virtual_name) continue;
    out.mappings.push_back({mapping.device_name, virtual_name,
                            mapping.snapshot_id.empty() ? std::nullopt : std::optional(mapping.snapshot_id),
                            mapping.volume_size_gib, mapping.volume_type, mapping.iops, mapping.throughput,
                            mapping.delete_on_termination});
  }
  for (auto const& tag : tags) out.tags.push_back({tag.key, tag.value});
  return out;
}

/// Adds a snapshot to the answer and to the lease.
void add(images::Snapshot const& snapshot, m::OpenResponse& response, catalogue::Lease& lease) {
  response.snapshots.push_back({snapshot.id, snapshot.owner, wire::xml_text(snapshot.description),
                                snapshot.volume_size_gib, snapshot.root, snapshot.content_digest,
                                snapshot.content_bytes, snapshot.lineage, snapshot.encrypted,
                                snapshot.encrypted ? std::optional(snapshot.kms_key) : std::nullopt});
  lease.disks.push_back({snapshot.id, snapshot.owner, snapshot.root, snapshot.volume_size_gib,
                         snapshot.kms_key, snapshot.envelope});
}

Result<void> open_image(catalogue::Transaction& tx, m::OpenRequest const& request, m::OpenResponse& response,
                        catalogue::Lease& lease) {
  auto id = TRY(images::ImageId::parse(request.resource));
  auto image = TRY(catalogue::find_visible_image(tx, request.account, id));
  TRY(images::check_copyable(image, request.account));
  auto tags = TRY(catalogue::list_tags(tx, request.account, image.id));
  response.image = to_message(image, tags);
  TRY(images::check_mapping_count(response.image->mappings.size()));  // earlier versions took more
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

/// For a repair: any snapshot of the account's own with this content. Sealed chunks go back to where their
/// ids are known, whatever became of the KMS key: none is asked for and none is released.
Result<void> open_by_root(catalogue::Transaction& tx, m::OpenRequest const& request,
                          m::OpenResponse& response, catalogue::Lease& lease) {
  auto root = from_hex(std::string_view(request.resource).substr(m::kResourceByRoot.size()));
  if (!root) return images::snapshot_not_found(request.resource);
  auto id = TRY(catalogue::find_snapshot_by_root(tx, request.account, *root));
  auto snapshot = TRY(catalogue::find_snapshot(tx, id));
  add(snapshot, response, lease);
  lease.disks.back().kms_key.clear();
  lease.disks.back().envelope.clear();
  return {};
}

Result<void> open_resource(catalogue::Transaction& tx, m::OpenRequest const& request,
                           m::OpenResponse& response, catalogue::Lease& lease) {
  if (request.resource.starts_with("ami-")) return open_image(tx, request, response, lease);
  if (request.resource.starts_with(m::kResourceByRoot)) return open_by_root(tx, request, response, lease);
  return open_snapshot(tx, request, response, lease);
}

Result<m::OpenResponse> judge(Source& source, Peer const& peer, m::OpenRequest const& request) {
  if (!access::is_account_id(request.account))
    return fail(Fault::invalid, "InvalidParameterValue", "not an account: " + request.account);
  if (!peer.accounts.contains(request.account))
    return fail(Fault::denied, "UnauthorizedOperation",
                "Region " + source.region + " does not let region " + peer.region + " act for account " +
                    request.account);
  auto now = source.clock.now();
  catalogue::Lease lease{make_uuid(source.entropy),  peer.region, request.account, request.resource, now,
                         now + catalogue::kLeaseAge, {}};
  m::OpenResponse response;
  response.lease = lease.id;
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(catalogue::remove_expired_leases(tx, now));
  TRY(open_resource(tx, request, response, lease));
  TRY(catalogue::check_lease_limit(tx, peer.region, request.account));
  TRY(catalogue::insert_lease(tx, lease));
  TRY(catalogue::insert_opening(tx,
                                {now, peer.name, peer.region, request.account, request.resource, "opened"}));
  TRY(tx.commit());
  log_info("{}: {} was opened by region {} for account {} (lease {})", source.region, request.resource,
           peer.region, request.account, lease.id);
  return response;
}

}  // namespace

Result<m::OpenResponse> open(Source& source, Peer const& peer, m::OpenRequest const& request) {
  auto opened = judge(source, peer, request);
  if (!opened && !opened.error().code.empty()) record_refusal(source, peer, request, opened.error().code);
  return opened;
}

void record_refusal(Source& source, Peer const& peer, m::OpenRequest const& request, std::string_view code) {
  auto record = [&]() -> Result<void> {
    auto session = TRY(source.catalogue.take());
    auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
    TRY(catalogue::insert_opening(tx, {source.clock.now(), peer.name, peer.region, request.account,
                                       request.resource, std::string(code)}));
    return tx.commit();
  };
  log_warning("{}: region {} of '{}' was refused {}: {}", source.region, peer.region.substr(0, 64), peer.name,
              request.resource.substr(0, 64), code);
  if (auto done = record(); !done)
    log_error("{}: a refusal is not on record: {}", source.region, done.error().message);
}

Result<m::LeaseResponse> renew(Source& source, Peer const& peer, m::LeaseRequest const& request) {
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(find_own_lease(tx, source, peer, request.lease));
  TRY(catalogue::renew_lease(tx, request.lease, source.clock.now() + catalogue::kLeaseAge));
  TRY(tx.commit());
  return m::LeaseResponse{};
}

Result<m::LeaseResponse> close(Source& source, Peer const& peer, m::LeaseRequest const& request) {
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
  TRY(find_own_lease(tx, source, peer, request.lease));
  TRY(catalogue::remove_lease(tx, request.lease));
  TRY(tx.commit());
  return m::LeaseResponse{};
}

}  // namespace argosy::peer
