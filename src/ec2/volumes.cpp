// ec2/volumes.cpp - see volumes.h.
#include "ec2/volumes.h"

#include "catalogue/client_tokens.h"
#include "catalogue/listing.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "catalogue/volumes.h"
#include "ec2/copy_task.h"
#include "ec2/dry_run.h"
#include "ec2/new_volume.h"
#include "ec2/page.h"
#include "ec2/shapes.h"
#include "images/rules.h"
#include "instances/default_network.h"
#include "instances/errors.h"
#include "wire/form.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::Volume;

constexpr std::size_t kMaxClientTokenBytes = 64;

m::VolumeAttachment attachment_of(Volume const& volume) {
  m::VolumeAttachment out;
  out.delete_on_termination = volume.delete_on_termination;
  out.volume_id = volume.id;
  out.instance_id = volume.instance_id;
  out.device = volume.device_name;
  out.status = volume.state == instances::VolumeState::creating ? "attaching" : "attached";
  out.attach_time = volume.attached;
  return out;
}

Result<m::Volume> to_shape(catalogue::Transaction& tx, access::Caller const& caller,
                           std::string const& region, Volume const& volume) {
  m::Volume out;
  auto const tags = TRY(catalogue::list_tags(tx, caller.account, volume.id));
  out.tag_set = ec2::to_shape(tags);
  if (volume.iops) out.iops = static_cast<std::int32_t>(*volume.iops);
  if (volume.throughput) out.throughput = static_cast<std::int32_t>(*volume.throughput);
  out.volume_type = volume.type;
  out.multi_attach_enabled = false;
  out.volume_id = volume.id;
  out.size = static_cast<std::int32_t>(volume.size_gib);
  out.snapshot_id = volume.base.snapshot_id;
  out.availability_zone = instances::default_network(volume.account, region).availability_zone;
  out.status = std::string(instances::to_text(volume.state));
  out.create_time = volume.created;
  if (!volume.instance_id.empty()) out.attachment_set.push_back(attachment_of(volume));
  out.encrypted = volume.encrypted;
  if (volume.encrypted) out.kms_key_id = volume.kms_key;
  return out;
}

Result<void> check(m::CreateVolumeRequest const& request, std::string const& account,
                   std::string const& region) {
  if (!request.availability_zone) return images::missing_parameter("AvailabilityZone");
  if (*request.availability_zone != instances::default_network(account, region).availability_zone)
    return fail(Fault::invalid, "InvalidZone.NotFound",
                "The zone '" + *request.availability_zone + "' does not exist.");
  bool const of_snapshot = request.snapshot_id && !request.snapshot_id->empty();
  if (!request.size && !of_snapshot) return images::missing_parameter("size or snapshotId");
  if (request.size && (*request.size < 1 || *request.size > images::kMaxVolumeSizeGib))
    return images::invalid_parameter_value("Volume size of " + std::to_string(*request.size) +
                                           "GB is not between 1GB and 65536GB");
  if (request.multi_attach_enabled.value_or(false))
    return images::unsupported("Volumes that several instances attach are not supported.");
  if (request.client_token) TRY(check_client_token(*request.client_token, kMaxClientTokenBytes));
  TRY(images::check_wish({request.encrypted, request.kms_key_id}));
  return check_performance(request.volume_type.value_or("gp2"), request.iops, request.throughput);
}

std::optional<catalogue::ClientToken> token_of(access::Caller const& caller, m::CreateVolumeRequest request) {
  if (!request.client_token || request.client_token->empty()) return std::nullopt;
  catalogue::ClientToken out{caller.account, "CreateVolume", *request.client_token, {}};
  request.client_token.reset();
  out.parameters = wire::print_form(wire::encode_form(request));
  return out;
}

}  // namespace

Result<m::Volume> create_volume(catalogue::Transaction& tx, access::Caller const& caller, Time now,
                                Entropy& entropy, keystore::EbsKeys const& keys,
                                m::CreateVolumeRequest const& request) {
  TRY(check(request, caller.account, keys.region()));
  auto const tags = TRY(tags_for(request.tag_specification, "volume", {"volume"}));
  std::optional<images::SnapshotId> snapshot;
  if (request.snapshot_id && !request.snapshot_id->empty())
    snapshot = TRY(images::SnapshotId::parse(*request.snapshot_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto const token = token_of(caller, request);
  if (token) {
    auto const earlier = TRY(catalogue::find_result(tx, *token));
    if (earlier) {
      auto const volume = TRY(catalogue::find_owned_volume(tx, caller.account, *earlier));
      return to_shape(tx, caller, keys.region(), volume);
    }
  }
  VolumeWish wish;
  if (snapshot) {
    wish.snapshot = TRY(catalogue::find_usable_snapshot(tx, caller.account, *snapshot));
    if (wish.snapshot->state != images::SnapshotState::completed)
      return images::incorrect_state("Snapshot " + snapshot->text() + " is not completed");
  }
  wish.size_gib = request.size.value_or(0);
  wish.type = request.volume_type.value_or("gp2");
  wish.iops = request.iops;
  wish.throughput = request.throughput;
  wish.encryption = {request.encrypted, request.kms_key_id};
  TRY(check_volume_limit(tx, caller, 1));
  auto const volume = TRY(new_volume(tx, caller, keys, entropy, now, wish));
  TRY(catalogue::insert_volume(tx, volume));
  TRY(catalogue::save_tags(tx, caller.account, volume.id, tags));
  if (token) TRY(catalogue::save_result(tx, *token, volume.id, now));
  return to_shape(tx, caller, keys.region(), volume);
}

Result<m::DeleteVolumeResponse> delete_volume(catalogue::Transaction& tx, access::Caller const& caller,
                                              m::DeleteVolumeRequest const& request) {
  TRY(instances::check_volume_id(request.volume_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto const volume = TRY(catalogue::find_owned_volume(tx, caller.account, request.volume_id));
  if (!volume.instance_id.empty()) return instances::volume_in_use(volume.id, volume.instance_id);
  bool const is_read = TRY(catalogue::is_volume_captured(tx, volume.id));
  TRY(is_read ? catalogue::remove_volume_later(tx, volume) : catalogue::remove_volume(tx, volume.id));
  return m::DeleteVolumeResponse{};
}

Result<m::DescribeVolumesResponse> describe_volumes(catalogue::Transaction& tx, access::Caller const& caller,
                                                    std::string const& region, crypto::Key const& token_key,
                                                    m::DescribeVolumesRequest const& request) {
  auto const ids = TRY(to_selector(request.volume_id, "VolumeId"));
  for (auto const& id : ids) TRY(instances::check_volume_id(id));
  if (!ids.empty() && request.max_results)
    return images::invalid_parameter_combination(
        "The parameter volumeSet cannot be used with the parameter maxResults");
  auto page = TRY(parse_page(token_key, caller.account, request, 5, 1'000));
  TRY(stop_if_dry_run(request.dry_run));
  if (page.is_first())
    for (auto const& id : ids) TRY(catalogue::find_owned_volume(tx, caller.account, id));
  catalogue::Selection selection;
  selection.account = caller.account;
  selection.ids = ids;
  selection.region = region;
  selection.filters = to_filters(request.filter);
  auto const found = TRY(catalogue::list_volumes(tx, selection, page.after, page.limit));
  m::DescribeVolumesResponse out;
  auto& items = out.volume_set;
  for (auto const& position : found) {
    auto const volume = TRY(catalogue::find_owned_volume(tx, caller.account, position.id));
    items.push_back(TRY(to_shape(tx, caller, region, volume)));
    if (!page.take(position, wire::size_of_parts(items.back()))) break;
  }
  out.next_token = next_token(token_key, caller.account, request, page);
  return out;
}

}  // namespace argosy::ec2
