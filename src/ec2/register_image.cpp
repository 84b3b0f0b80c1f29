// ec2/register_image.cpp - RegisterImage: check, look at the snapshots, save.
#include "ec2/register_image.h"

#include <algorithm>

#include "catalogue/images.h"
#include "catalogue/tags.h"
#include "ec2/dry_run.h"
#include "ec2/image_mapping.h"
#include "ec2/limits.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

Result<void> check_choice(std::optional<std::string> const& value,
                          std::initializer_list<std::string_view> allowed, char const* parameter) {
  if (!value || std::ranges::find(allowed, *value) != allowed.end()) return {};
  return images::invalid_parameter_value("Value (" + *value + ") for parameter " + parameter +
                                         " is invalid.");
}

/// Of a kernel or a RAM disk, of which there are none here.
Result<void> check_short_name(std::optional<std::string> const& name, char const* parameter) {
  if (!name || name->size() <= images::kMaxShortNameBytes) return {};
  return images::invalid_parameter_value(std::string(parameter) + " has at most 64 characters");
}

Result<std::vector<images::Mapping>> to_mappings(std::vector<m::BlockDeviceMapping> const& given,
                                                 std::string const& root) {
  TRY(images::check_mapping_count(given.size()));
  std::vector<images::Mapping> out;
  for (auto const& item : given) {
    if (item.no_device) continue;
    auto mapping = TRY(to_mapping(item));
    if (std::ranges::find(out, mapping.device_name, &images::Mapping::device_name) != out.end())
      return images::invalid_mapping("The device '" + mapping.device_name +
                                     "' is used in more than one block-device mapping");
    out.push_back(std::move(mapping));
  }
  auto at = std::ranges::find(out, root, &images::Mapping::device_name);
  if (at == out.end() || at->snapshot_id.empty())
    return images::invalid_mapping("The root device '" + root +
                                   "' needs a block device mapping with a snapshot");
  return out;
}

/// Everything that can be said without looking at what exists.
Result<images::Image> to_image(m::RegisterImageRequest const& request) {
  TRY(images::check_name(request.name));
  images::Image image;
  image.name = request.name;
  image.description = request.description.value_or("");
  TRY(images::check_description(image.description));
  if (request.image_location)
    return images::unsupported("Images backed by instance store (ImageLocation) are not supported.");
  if (!request.billing_product.empty()) return images::unsupported("Billing products are not supported.");
  TRY(check_choice(request.architecture, {"i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"},
                   "architecture"));
  TRY(check_choice(request.virtualization_type, {"hvm", "paravirtual"}, "virtualizationType"));
  TRY(check_choice(request.boot_mode, {"legacy-bios", "uefi", "uefi-preferred"}, "bootMode"));
  TRY(check_choice(request.tpm_support, {"v2.0"}, "tpmSupport"));
  TRY(check_choice(request.imds_support, {"v2.0"}, "imdsSupport"));
  TRY(check_choice(request.sriov_net_support, {"simple"}, "sriovNetSupport"));
  if (request.tpm_support && request.boot_mode != "uefi")
    return images::invalid_parameter_combination("TpmSupport requires the boot mode uefi.");
  if (request.uefi_data && (request.uefi_data->size() > 64'000 || !from_base64(*request.uefi_data)))
    return images::invalid_parameter_value("UefiData must be base64 text of at most 64000 characters");
  image.architecture = request.architecture.value_or("i386");
  image.virtualization_type = request.virtualization_type.value_or("paravirtual");
  image.boot_mode = request.boot_mode;
  image.tpm_support = request.tpm_support;
  image.imds_support = request.imds_support;
  image.sriov_net_support = request.sriov_net_support;
  image.uefi_data = request.uefi_data;
  image.ena_support = request.ena_support;
  TRY(check_short_name(request.kernel_id, "KernelId"));
  TRY(check_short_name(request.ramdisk_id, "RamdiskId"));
  image.kernel_id = request.kernel_id;
  image.ramdisk_id = request.ramdisk_id;
  image.root_device_name = request.root_device_name.value_or("/dev/sda1");
  TRY(check_device_name(image.root_device_name));
  image.mappings = TRY(to_mappings(request.block_device_mapping, image.root_device_name));
  return image;
}

}  // namespace

Result<m::RegisterImageResponse> register_image(catalogue::Transaction& tx, access::Caller const& caller,
                                                Time now, Entropy& entropy,
                                                m::RegisterImageRequest const& request) {
  auto image = TRY(to_image(request));
  auto tags = TRY(tags_for(request.tag_specification, "image", {"image"}));
  TRY(stop_if_dry_run(request.dry_run));
  for (auto& mapping : image.mappings) TRY(look_at_snapshot(tx, caller, mapping));
  TRY(catalogue::check_name_free(tx, caller.account, image.name));
  TRY(check_image_limit(tx, caller));
  image.id = make_resource_id(entropy, "ami-");
  image.owner = caller.account;
  image.created = now;
  image.state = images::ImageState::available;
  TRY(catalogue::insert_image(tx, image));
  TRY(catalogue::save_tags(tx, caller.account, image.id, tags));
  return m::RegisterImageResponse{image.id};
}

}  // namespace argosy::ec2
