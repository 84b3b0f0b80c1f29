// ec2/copy_image.cpp - CopyImage: check, then record image, snapshots and task in one transaction.
#include "ec2/copy_image.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "catalogue/client_tokens.h"
#include "catalogue/ended_leases.h"
#include "catalogue/images.h"
#include "catalogue/tags.h"
#include "ec2/copy_task.h"
#include "ec2/dry_run.h"
#include "ec2/limits.h"
#include "ec2/shapes.h"
#include "wire/form.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
namespace r = messages::replication;

std::optional<catalogue::ClientToken> token_of(access::Caller const& caller, m::CopyImageRequest request) {
  if (!request.client_token || request.client_token->empty()) return std::nullopt;
  catalogue::ClientToken out{caller.account, "CopyImage", *request.client_token, {}};
  request.client_token.reset();
  out.parameters = wire::print_form(wire::encode_form(request));
  return out;
}

/// The source's description or name, as EC2 shows it for a copy that was given none.
std::string default_description(m::CopyImageRequest const& request, r::Image const& source) {
  auto text = "[Copied " + request.source_image_id + " from " + request.source_region + "] " +
              (source.description.empty() ? source.name : source.description);
  return std::string(first_characters(text, 255));
}

images::Image new_image(access::Caller const& caller, Time now, m::CopyImageRequest const& request,
                        r::Image const& source) {
  images::Image image;
  image.owner = caller.account;
  image.name = request.name;
  image.description = request.description ? *request.description : default_description(request, source);
  image.state = images::ImageState::pending;
  image.created = now;
  image.architecture = source.architecture;
  image.virtualization_type = source.virtualization_type;
  image.root_device_name = source.root_device_name;
  image.kernel_id = source.kernel_id;
  image.ramdisk_id = source.ramdisk_id;
  image.ena_support = source.ena_support;
  image.sriov_net_support = source.sriov_net_support;
  image.boot_mode = source.boot_mode;
  image.tpm_support = source.tpm_support;
  image.uefi_data = source.uefi_data;
  image.imds_support = source.imds_support;
  image.platform = source.platform;
  image.source_image_id = request.source_image_id;
  image.source_image_region = request.source_region;
  return image;
}

/// `copies`: the new snapshot of each one of the source.
std::vector<images::Mapping> new_mappings(r::Image const& source,
                                          std::map<std::string, NewSnapshot> const& copies) {
  std::vector<images::Mapping> out;
  for (auto const& from : source.mappings) {
    images::Mapping mapping;
    mapping.device_name = from.device_name;
    mapping.virtual_name = from.virtual_name;
    mapping.volume_size_gib = from.volume_size_gib;
    mapping.volume_type = from.volume_type;
    mapping.iops = from.iops;
    mapping.throughput = from.throughput;
    mapping.delete_on_termination = from.delete_on_termination;
    if (from.snapshot_id) {
      auto const& copy = copies.at(*from.snapshot_id);
      mapping.snapshot_id = copy.id;
      mapping.encrypted = copy.encrypted;
    }
    out.push_back(std::move(mapping));
  }
  return out;
}

/// The source's, where they are asked for; an explicit tag of the same key wins.
std::vector<images::Tag> tags_of_image(std::vector<images::Tag> given, m::CopyImageRequest const& request,
                                       r::Image const& source) {
  if (!request.copy_image_tags.value_or(false)) return given;
  for (auto const& tag : source.tags)
    if (std::ranges::find(given, tag.key, &images::Tag::key) == given.end())
      given.push_back({tag.key, tag.value});
  return given;
}

}  // namespace

Result<void> check_copy_image(m::CopyImageRequest const& request) {
  TRY(images::check_name(request.name));
  TRY(images::check_description(request.description.value_or("")));
  TRY(images::ImageId::parse(request.source_image_id));
  if (request.client_token) TRY(check_client_token(*request.client_token, 128));
  TRY(check_destination(request.destination_outpost_arn, request.destination_availability_zone,
                        request.destination_availability_zone_id));
  TRY(images::check_wish({request.encrypted, request.kms_key_id}));
  if (request.snapshot_copy_completion_duration_minutes)
    TRY(images::check_completion_duration(*request.snapshot_copy_completion_duration_minutes,
                                          "SnapshotCopyCompletionDurationMinutes"));
  TRY(tags_for(request.tag_specification, "image", {"image", "snapshot"}));
  TRY(tags_for(request.tag_specification, "snapshot", {"image", "snapshot"}));
  return stop_if_dry_run(request.dry_run);
}

Result<std::optional<m::CopyImageResponse>> find_earlier_copy(catalogue::Transaction& tx,
                                                              access::Caller const& caller,
                                                              m::CopyImageRequest const& request) {
  auto token = token_of(caller, request);
  if (!token) return std::nullopt;
  auto result = TRY(catalogue::find_result(tx, *token));
  if (!result) return std::nullopt;
  return m::CopyImageResponse{result};
}

Result<m::CopyImageResponse> copy_image(catalogue::Transaction& tx, access::Caller const& caller, Time now,
                                        Entropy& entropy, keystore::EbsKeys const& keys,
                                        crypto::MasterKeys const& master_keys, r::OpenResponse const& opened,
                                        m::CopyImageRequest const& request) {
  auto earlier =
      TRY(find_earlier_copy(tx, caller, request));  // a second call may have come while the source was asked
  if (earlier) {
    TRY(catalogue::insert_ended_lease(tx, request.source_region, opened.lease));
    return *earlier;
  }
  if (!opened.image) return fail(Fault::corrupt, "the source region opened no image");
  TRY(catalogue::check_name_free(tx, caller.account, request.name));
  TRY(check_image_limit(tx, caller));
  TRY(check_copy_limits(tx, caller, true, opened));
  auto image = new_image(caller, now, request, *opened.image);
  image.id = make_resource_id(entropy, "ami-");
  auto snapshot_tags = TRY(tags_for(request.tag_specification, "snapshot", {"image", "snapshot"}));
  CopyTask task{caller,
                request.source_region,
                request.source_image_id,
                image.id,
                request.snapshot_copy_completion_duration_minutes,
                std::nullopt,
                std::move(snapshot_tags),
                {request.encrypted, request.kms_key_id}};
  auto copies = TRY(record_copy(tx, now, entropy, keys, master_keys, opened, task));
  image.mappings = new_mappings(*opened.image, copies);
  TRY(catalogue::insert_image(tx, image));
  auto given = TRY(tags_for(request.tag_specification, "image", {"image", "snapshot"}));
  TRY(catalogue::save_tags(tx, caller.account, image.id,
                           tags_of_image(std::move(given), request, *opened.image)));
  if (auto token = token_of(caller, request)) TRY(catalogue::save_result(tx, *token, image.id, now));
  return m::CopyImageResponse{image.id};
}

}  // namespace argosy::ec2
