// cli/ec2.cpp - see ec2.h.
#include "cli/ec2.h"

#include <algorithm>

#include "cli/ec2_call.h"
#include "messages/ec2/create_tags.h"
#include "messages/ec2/describe_image_attribute.h"
#include "messages/ec2/describe_instance_types.h"
#include "messages/ec2/describe_regions.h"
#include "messages/ec2/describe_snapshot_attribute.h"
#include "messages/ec2/ebs_encryption.h"
#include "messages/ec2/reset_image_attribute.h"
#include "messages/ec2/reset_snapshot_attribute.h"

namespace argosy::cli {
namespace {

/// EC2's own limit of a page. Without one it answers all at once, which may be more than any answer may hold;
/// with ids it refuses one.
constexpr std::int32_t kMostResults = 1000;
/// EC2's own limit of the values of filters in one call.
constexpr std::size_t kMostFilterValues = 200;

/// For operations that answer <return>true</return>.
template <class Request>
Outcome<void> act(Session& session, std::string_view action, Request const& request) {
  TRY(session.ec2(action, wire::encode_form(request)));
  return {};
}

/// Follows the pages; `list` is the member of the response that holds them.
template <class Response, class Request, class Item>
Outcome<std::vector<Item>> call_paged(Session& session, std::string_view action, Request request,
                                      std::vector<Item> Response::*list) {
  std::vector<Item> items;
  do {
    auto page = TRY(call_ec2<Response>(session, action, request));
    for (auto& item : page.*list) items.push_back(std::move(item));
    request.next_token = page.next_token;
  } while (request.next_token && !request.next_token->empty());
  return items;
}

/// Of the answer to DescribeInstanceTypes what is asked here: are there any?
struct OfferedType {
  std::optional<std::string> instance_type;
};
BOOST_DESCRIBE_STRUCT(OfferedType, (), (instance_type))
struct OfferedTypes {
  std::vector<OfferedType> instance_type_set;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(OfferedTypes, (), (instance_type_set, next_token))

bool is_hidden(Failure const& failure) {
  return failure.code == "UnauthorizedOperation" || failure.code == "InvalidAction";
}

/// In parts that each fit a filter.
std::vector<std::vector<std::string>> split_for_filters(std::vector<std::string> const& values) {
  std::vector<std::vector<std::string>> parts;
  for (std::size_t begin = 0; begin < values.size(); begin += kMostFilterValues) {
    auto const end = std::min(begin + kMostFilterValues, values.size());
    parts.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(begin),
                       values.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return parts;
}

Outcome<std::string> need_id(std::optional<std::string> const& id, std::string_view action) {
  if (!id) return stop(Exit::service, std::string(action) + ": the answer has no id");
  return *id;
}

}  // namespace

Outcome<std::vector<ec2::Image>> describe_images(Session& session, ec2::DescribeImagesRequest request) {
  if (request.image_id.empty()) request.max_results = kMostResults;
  return call_paged(session, "DescribeImages", std::move(request), &ec2::DescribeImagesResponse::images_set);
}

Outcome<std::vector<ec2::Image>> describe_own_images(Session& session, std::vector<ec2::Filter> filters) {
  ec2::DescribeImagesRequest request;
  request.owner = {"self"};
  request.include_disabled = true;
  request.filter = std::move(filters);
  auto images = TRY(describe_images(session, std::move(request)));
  std::erase_if(images, [](auto const& image) { return image.image_state == "deregistered"; });
  return images;
}

Outcome<ec2::Image> find_image(Session& session, std::string const& image_id) {
  ec2::DescribeImagesRequest request;
  request.image_id = {image_id};
  request.include_disabled = true;
  auto found = TRY(describe_images(session, request));
  if (found.empty())
    return fail(Fault::not_found, "InvalidAMIID.NotFound",
                "The image id '[" + image_id + "]' does not exist");
  return std::move(found.front());
}

Outcome<std::vector<ec2::Snapshot>> describe_snapshots(Session& session,
                                                       ec2::DescribeSnapshotsRequest request) {
  if (request.snapshot_id.empty()) request.max_results = kMostResults;
  return call_paged(session, "DescribeSnapshots", std::move(request),
                    &ec2::DescribeSnapshotsResponse::snapshot_set);
}

Outcome<std::vector<ec2::LaunchPermission>> launch_permissions(Session& session,
                                                               std::string const& image_id) {
  ec2::DescribeImageAttributeRequest request{"launchPermission", image_id, false};
  auto answer =
      TRY(call_ec2<ec2::DescribeImageAttributeResponse>(session, "DescribeImageAttribute", request));
  return std::move(answer.launch_permission).value_or(std::vector<ec2::LaunchPermission>{});
}

Outcome<std::vector<ec2::CreateVolumePermission>> snapshot_permissions(Session& session,
                                                                       std::string const& snapshot_id) {
  ec2::DescribeSnapshotAttributeRequest request{"createVolumePermission", snapshot_id, false};
  auto answer =
      TRY(call_ec2<ec2::DescribeSnapshotAttributeResponse>(session, "DescribeSnapshotAttribute", request));
  return std::move(answer.create_volume_permission).value_or(std::vector<ec2::CreateVolumePermission>{});
}

Outcome<std::vector<std::string>> describe_regions(Session& session) {
  auto answer =
      TRY(call_ec2<ec2::DescribeRegionsResponse>(session, "DescribeRegions", ec2::DescribeRegionsRequest{}));
  std::vector<std::string> names;
  for (auto const& region : answer.region_info) names.push_back(region.region_name.value_or(""));
  return names;
}

Outcome<std::optional<bool>> is_instance_type_offered(Session& session, ec2::Image const& image) {
  ec2::DescribeInstanceTypesRequest request;
  request.filter = {filter("processor-info.supported-architecture", {image.architecture.value_or("x86_64")}),
                    filter("supported-virtualization-type", {image.virtualization_type.value_or("hvm")})};
  do {  // until the first one: AWS has hundreds
    auto page = call_ec2<OfferedTypes>(session, "DescribeInstanceTypes", request);
    if (!page && is_hidden(page.error())) return std::nullopt;
    if (!page) return std::unexpected(std::move(page).error());
    if (!page->instance_type_set.empty()) return true;
    request.next_token = page->next_token;
  } while (request.next_token && !request.next_token->empty());
  return false;
}

Outcome<bool> encrypts_by_default(Session& session) {
  auto answer = call_ec2<ec2::GetEbsEncryptionByDefaultResponse>(session, "GetEbsEncryptionByDefault",
                                                                 ec2::GetEbsEncryptionByDefaultRequest{});
  if (answer) return answer->ebs_encryption_by_default;
  if (is_hidden(answer.error())) return false;
  return std::unexpected(answer.error());
}

Outcome<std::optional<std::string>> default_ebs_key(Session& session) {
  auto answer = call_ec2<ec2::GetEbsDefaultKmsKeyIdResponse>(session, "GetEbsDefaultKmsKeyId",
                                                             ec2::GetEbsDefaultKmsKeyIdRequest{});
  if (answer) return answer->kms_key_id;
  if (is_denied(answer.error())) return std::nullopt;
  if (is_hidden(answer.error())) return std::string(kManagedEbsKey);
  return std::unexpected(answer.error());
}

Outcome<std::string> register_image(Session& session, ec2::RegisterImageRequest const& request) {
  auto answer = TRY(call_ec2<ec2::RegisterImageResponse>(session, "RegisterImage", request));
  return need_id(answer.image_id, "RegisterImage");
}

Outcome<std::string> copy_image(Session& session, ec2::CopyImageRequest const& request) {
  auto answer = TRY(call_ec2<ec2::CopyImageResponse>(session, "CopyImage", request));
  return need_id(answer.image_id, "CopyImage");
}

Outcome<void> modify_image_attribute(Session& session, ec2::ModifyImageAttributeRequest const& request) {
  return act(session, "ModifyImageAttribute", request);
}
Outcome<void> modify_snapshot_attribute(Session& session,
                                        ec2::ModifySnapshotAttributeRequest const& request) {
  return act(session, "ModifySnapshotAttribute", request);
}
Outcome<void> reset_launch_permissions(Session& session, std::string const& image_id) {
  return act(session, "ResetImageAttribute",
             ec2::ResetImageAttributeRequest{"launchPermission", image_id, false});
}
Outcome<void> reset_snapshot_permissions(Session& session, std::string const& snapshot_id) {
  return act(session, "ResetSnapshotAttribute",
             ec2::ResetSnapshotAttributeRequest{"createVolumePermission", snapshot_id, false});
}
Outcome<void> create_tags(Session& session, std::vector<std::string> const& resource_ids,
                          std::vector<TagArgument> const& tags) {
  return act(session, "CreateTags", ec2::CreateTagsRequest{false, resource_ids, to_tags(tags)});
}
Outcome<std::vector<ec2::DeleteSnapshotReturnCode>> deregister_image(
    Session& session, ec2::DeregisterImageRequest const& request) {
  std::vector<ec2::DeleteSnapshotReturnCode> const none;
  auto answer = call_ec2<ec2::DeregisterImageResponse>(session, "DeregisterImage", request);
  bool const is_gone = !answer && (answer.error().code == "InvalidAMIID.NotFound" ||
                                   answer.error().code == "InvalidAMIID.Unavailable");
  if (is_gone && !request.dry_run) return none;
  if (!answer) return std::unexpected(std::move(answer).error());
  return std::move(answer->delete_snapshot_result_set).value_or(none);
}
Outcome<void> delete_snapshot(Session& session, ec2::DeleteSnapshotRequest const& request) {
  auto done = act(session, "DeleteSnapshot", request);
  bool const is_gone = !done && done.error().code == "InvalidSnapshot.NotFound";
  return is_gone && !request.dry_run ? Outcome<void>() : done;
}
Outcome<void> read_dry_run(Outcome<void> outcome) {
  if (!outcome && outcome.error().code == "DryRunOperation") return {};
  return outcome;
}

std::vector<std::string> snapshot_ids(ec2::Image const& image) {
  std::vector<std::string> ids;
  for (auto const& mapping : image.block_device_mapping)
    if (mapping.ebs && mapping.ebs->snapshot_id) ids.push_back(*mapping.ebs->snapshot_id);
  return without_repeats(ids);
}

bool is_encrypted(ec2::Image const& image) {
  return std::ranges::any_of(image.block_device_mapping, [](auto const& mapping) {
    return mapping.ebs && mapping.ebs->encrypted.value_or(false);
  });
}

Outcome<std::vector<ec2::Snapshot>> own_snapshots(Session& session,
                                                  std::vector<std::string> const& snapshot_ids) {
  std::vector<ec2::Snapshot> own;
  auto const parts = split_for_filters(snapshot_ids);
  for (auto const& part : parts) {
    ec2::DescribeSnapshotsRequest request;
    request.owner = {"self"};
    request.filter = {filter("snapshot-id", part)};  // where SnapshotId is refused if one of them is gone
    auto found = TRY(describe_snapshots(session, std::move(request)));
    std::ranges::move(found, std::back_inserter(own));
  }
  return own;
}

Outcome<ec2::Snapshot> find_snapshot(Session& session, std::string const& snapshot_id) {
  ec2::DescribeSnapshotsRequest request;
  request.snapshot_id = {snapshot_id};
  auto found = TRY(describe_snapshots(session, std::move(request)));
  if (found.empty())  // it exists, but may not be seen
    return fail(Fault::not_found, "InvalidSnapshot.NotFound",
                "The snapshot '" + snapshot_id + "' does not exist.");
  return std::move(found.front());
}

Outcome<ImagesBySnapshot> find_images_using(Session& session, std::vector<std::string> const& snapshot_ids) {
  ImagesBySnapshot out;
  auto const parts = split_for_filters(snapshot_ids);
  for (auto const& part : parts)
    for (auto const& image :
         TRY(describe_own_images(session, {filter("block-device-mapping.snapshot-id", part)})))
      for (auto const& id : cli::snapshot_ids(image)) out[id].push_back(image.image_id.value_or("?"));
  return out;
}

std::vector<ec2::Tag> to_tags(std::vector<TagArgument> const& tags) {
  std::vector<ec2::Tag> out;
  for (auto const& tag : tags) out.push_back({tag.key, tag.value});
  return out;
}

ec2::Filter filter(std::string name, std::vector<std::string> values) {
  return {std::move(name), std::move(values)};
}

}  // namespace argosy::cli
