// ec2/register_image.cpp - RegisterImage: check, look at the snapshots, save.
#include "ec2/register_image.h"

#include <algorithm>
#include <array>

#include "catalogue/images.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "ec2/dry_run.h"
#include "ec2/limits.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

constexpr std::size_t kMaxMappings = 100;

Result<void> check_choice(std::optional<std::string> const& value,
                          std::initializer_list<std::string_view> allowed, char const* parameter) {
  if (!value || std::ranges::find(allowed, *value) != allowed.end()) return {};
  return images::invalid_parameter_value("Value (" + *value + ") for parameter " + parameter +
                                         " is invalid.");
}

Result<void> check_device_name(std::string const& name) {
  if (name.empty() || name.size() > 64 ||
      !std::ranges::all_of(name, [](unsigned char c) { return c > 0x20 && c < 0x7f; }))
    return images::invalid_mapping("Invalid device name " + name.substr(0, 64));
  return {};
}

Result<images::Mapping> to_mapping(m::BlockDeviceMapping const& given) {
  images::Mapping out;
  if (!given.device_name) return images::missing_parameter("BlockDeviceMapping.DeviceName");
  out.device_name = *given.device_name;
  TRY(check_device_name(out.device_name));
  if (given.virtual_name) {
    if (!given.virtual_name->starts_with("ephemeral") || given.ebs)
      return images::invalid_mapping("Invalid virtual name " + *given.virtual_name + " for device " +
                                     out.device_name);
    out.virtual_name = given.virtual_name;
    return out;
  }
  if (!given.ebs)
    return images::invalid_mapping("The device " + out.device_name + " has neither Ebs nor VirtualName");
  auto const& ebs = *given.ebs;
  if (ebs.snapshot_id && (ebs.encrypted || ebs.kms_key_id))
    return images::invalid_mapping("the encrypted flag cannot be specified since device " + out.device_name +
                                   " has a snapshot specified.");
  if (ebs.encrypted.value_or(false) || ebs.kms_key_id)
    return images::unsupported("The empty volume of device " + out.device_name +
                               " cannot be encrypted by its image.");
  if (ebs.outpost_arn) return images::unsupported("Outposts are not supported.");
  if (!ebs.snapshot_id && !ebs.volume_size) return images::missing_parameter("size or snapshotId");
  if (ebs.snapshot_id) out.snapshot_id = TRY(images::SnapshotId::parse(*ebs.snapshot_id)).text();
  if (ebs.volume_size && (*ebs.volume_size < 1 || *ebs.volume_size > images::kMaxVolumeSizeGib))
    return images::invalid_mapping("Volume size of " + std::to_string(*ebs.volume_size) +
                                   "GB is not between 1GB and 65536GB");
  TRY(check_choice(ebs.volume_type, {"standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"}, "volumeType"));
  out.volume_size_gib = ebs.volume_size.value_or(0);
  out.volume_type = ebs.volume_type.value_or("standard");
  bool const provisioned = out.volume_type == "io1" || out.volume_type == "io2" || out.volume_type == "gp3";
  if (ebs.iops && (!provisioned || *ebs.iops < 100))
    return images::invalid_parameter_combination("The parameter iops is not supported for " +
                                                 out.volume_type + " volumes or is below 100.");
  if (ebs.throughput && (out.volume_type != "gp3" || *ebs.throughput < 125))
    return images::invalid_parameter_combination(
        "The parameter throughput is supported for gp3 volumes only, from 125 on.");
  out.iops = ebs.iops;
  out.throughput = ebs.throughput;
  out.delete_on_termination = ebs.delete_on_termination.value_or(true);
  return out;
}

Result<std::vector<images::Mapping>> to_mappings(std::vector<m::BlockDeviceMapping> const& given,
                                                 std::string const& root) {
  if (given.size() > kMaxMappings)
    return images::invalid_mapping("An image can have at most 100 block devices");
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
  image.kernel_id = request.kernel_id;
  image.ramdisk_id = request.ramdisk_id;
  image.root_device_name = request.root_device_name.value_or("/dev/sda1");
  TRY(check_device_name(image.root_device_name));
  image.mappings = TRY(to_mappings(request.block_device_mapping, image.root_device_name));
  return image;
}

Result<void> look_at_snapshot(catalogue::Transaction& tx, access::Caller const& caller,
                              images::Mapping& mapping) {
  if (mapping.snapshot_id.empty()) return {};
  auto id = TRY(images::SnapshotId::parse(mapping.snapshot_id));
  auto snapshot = TRY(catalogue::find_usable_snapshot(tx, caller.account, id));
  if (snapshot.state != images::SnapshotState::completed)
    return images::incorrect_state("The snapshot " + snapshot.id + " is " +
                                   std::string(images::to_text(snapshot.state)) +
                                   "; only a completed snapshot can back an image");
  mapping.encrypted = snapshot.encrypted;
  if (mapping.volume_size_gib == 0) mapping.volume_size_gib = snapshot.volume_size_gib;
  if (mapping.volume_size_gib < snapshot.volume_size_gib)
    return images::invalid_mapping("Volume of size " + std::to_string(mapping.volume_size_gib) +
                                   "GB is smaller than snapshot '" + snapshot.id +
                                   "', expect size >= " + std::to_string(snapshot.volume_size_gib) + "GB");
  return {};
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
