// ec2/describe_images.cpp - DescribeImages: what is selected, then each image as the caller may see it.
#include "ec2/describe_images.h"

#include "catalogue/images.h"
#include "catalogue/permissions.h"
#include "catalogue/tags.h"
#include "ec2/dry_run.h"
#include "ec2/page.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using catalogue::Branch;

/// Leaves what those may launch that ExecutableBy names; if it names nobody, all.
Result<void> select_by_users(catalogue::Selection& selection, m::DescribeImagesRequest const& request,
                             access::Caller const& caller) {
  auto const users = TRY(to_selector(request.executable_by, "ExecutableBy"));
  if (users.empty()) return {};
  selection.branches.clear();
  for (auto const& user : users) {
    auto account = user == "all" ? user : TRY(to_account(user, caller.account));
    if (account == "all") {
      selection.branches.push_back(Branch::everybody);
    } else if (account == caller.account) {
      selection.branches.push_back(Branch::shared);
    } else {
      selection.shared_with.push_back(account);
    }
  }
  if (selection.shared_with.empty()) return {};
  if (!selection.branches.empty())
    return images::invalid_parameter_combination(
        "ExecutableBy cannot name another account together with self or all.");
  selection.branches = {Branch::own};
  return {};
}

Result<catalogue::Selection> to_selection(m::DescribeImagesRequest const& request,
                                          access::Caller const& caller, Time now) {
  catalogue::Selection out;
  out.account = caller.account;
  out.branches = {Branch::own, Branch::shared, Branch::everybody};
  out.filters = to_filters(request.filter);
  out.ids = TRY(to_selector(request.image_id, "ImageId"));
  out.with_disabled = request.include_disabled.value_or(false) || !out.ids.empty();
  if (!request.include_deprecated.value_or(false) && out.ids.empty()) out.deprecated_before = to_iso8601(now);
  for (auto const& id : out.ids) TRY(images::ImageId::parse(id));
  auto const owners = TRY(to_selector(request.owner, "Owner"));
  for (auto const& owner : owners)
    if (!is_owner_alias(owner)) out.owners.push_back(TRY(to_account(owner, caller.account)));
  TRY(select_by_users(out, request, caller));
  if (!owners.empty() && out.owners.empty()) out.branches.clear();  // nothing here belongs to Amazon
  return out;
}

/// All that are missing are named at once, and what may not be seen is missing.
Result<void> check_ids(catalogue::Transaction& tx, access::Caller const& caller,
                       std::vector<std::string> const& ids) {
  std::vector<std::string> missing;
  for (auto const& text : ids) {
    auto id = TRY(images::ImageId::parse(text));
    auto image = catalogue::find_visible_image(tx, caller.account, id);
    if (!image && image.error().fault != Fault::not_found) return std::unexpected(std::move(image).error());
    if (!image) missing.push_back(text);
  }
  if (!missing.empty()) return images::image_not_found(missing);
  return {};
}

Result<m::Image> to_shape(catalogue::Transaction& tx, access::Caller const& caller,
                          images::Image const& image) {
  m::Image out;
  auto sharing = TRY(catalogue::find_sharing(tx, image.id, caller.account));
  auto tags = TRY(catalogue::list_tags(tx, caller.account, image.id));
  out.image_id = image.id;
  out.image_location = image.owner + "/" + image.name;
  out.image_state = std::string(images::to_text(image.state));
  out.image_owner_id = image.owner;
  out.creation_date = to_iso8601(image.created);
  out.is_public = sharing.everybody;
  out.architecture = image.architecture;
  out.image_type = "machine";
  out.kernel_id = image.kernel_id;
  out.ramdisk_id = image.ramdisk_id;
  out.platform = image.platform;
  out.platform_details = image.platform ? "Windows" : "Linux/UNIX";
  out.usage_operation = image.platform ? "RunInstances:0002" : "RunInstances";
  for (auto const& mapping : image.mappings) out.block_device_mapping.push_back(ec2::to_shape(mapping));
  if (!image.description.empty()) out.description = image.description;
  out.ena_support = image.ena_support;
  out.hypervisor = "xen";
  out.name = image.name;
  out.root_device_name = image.root_device_name;
  out.root_device_type = "ebs";
  out.sriov_net_support = image.sriov_net_support;
  if (!image.state_reason_code.empty())
    out.state_reason = m::StateReason{image.state_reason_code, image.state_reason};
  out.tag_set = ec2::to_shape(tags);
  out.virtualization_type = image.virtualization_type;
  out.boot_mode = image.boot_mode;
  out.tpm_support = image.tpm_support;
  if (image.deprecation) out.deprecation_time = to_iso8601(*image.deprecation);
  out.imds_support = image.imds_support;
  if (image.owner == caller.account) out.deregistration_protection = "disabled";
  out.source_image_id = image.source_image_id;
  out.source_image_region = image.source_image_region;
  out.source_instance_id = image.source_instance_id;
  return out;
}

}  // namespace

Result<m::DescribeImagesResponse> describe_images(catalogue::Transaction& tx, access::Caller const& caller,
                                                  Time now, crypto::Key const& token_key,
                                                  m::DescribeImagesRequest const& request) {
  auto const selection = TRY(to_selection(request, caller, now));
  auto page = TRY(parse_page(token_key, caller.account, request, 1, 1'000));
  TRY(stop_if_dry_run(request.dry_run));
  if (page.is_first()) TRY(check_ids(tx, caller, request.image_id));
  m::DescribeImagesResponse response;
  auto& items = response.images_set;
  auto const found = TRY(catalogue::list_images(tx, selection, page.after, page.limit));
  for (auto const& position : found) {
    auto image = TRY(catalogue::find_image(tx, position.id));
    items.push_back(TRY(to_shape(tx, caller, image)));
    if (!page.take(position, wire::size_of_parts(items.back()))) break;
  }
  response.next_token = next_token(token_key, caller.account, request, page);
  return response;
}

}  // namespace argosy::ec2
