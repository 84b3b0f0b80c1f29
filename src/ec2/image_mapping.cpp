// ec2/image_mapping.cpp - see image_mapping.h.
#include "ec2/image_mapping.h"

#include <algorithm>
#include <set>

#include "catalogue/snapshots.h"
#include "ec2/new_volume.h"
#include "images/rules.h"

namespace argosy::ec2 {

Result<void> check_device_name(std::string const& name) {
  if (name.empty() || name.size() > images::kMaxShortNameBytes ||
      !std::ranges::all_of(name, [](unsigned char c) { return c > 0x20 && c < 0x7f; }))
    return images::invalid_mapping("Invalid device name " + name.substr(0, images::kMaxShortNameBytes));
  return {};
}

Result<void> check_supported(messages::ec2::EbsBlockDevice const& given) {
  auto const refuse = [](char const* name) {
    return images::unsupported("The parameter BlockDeviceMapping.Ebs." + std::string(name) +
                               " is not supported.");
  };
  auto const is_given = [](std::optional<std::string> const& text) { return text && !text->empty(); };
  if (is_given(given.outpost_arn)) return images::unsupported("Outposts are not supported.");
  if (is_given(given.availability_zone)) return refuse("AvailabilityZone");
  if (is_given(given.availability_zone_id)) return refuse("AvailabilityZoneId");
  if (given.volume_initialization_rate) return refuse("VolumeInitializationRate");
  if (given.ebs_card_index.value_or(0) != 0) return refuse("EbsCardIndex");
  return {};
}

Result<images::Mapping> to_mapping(messages::ec2::BlockDeviceMapping const& given) {
  images::Mapping out;
  if (!given.device_name) return images::missing_parameter("BlockDeviceMapping.DeviceName");
  out.device_name = *given.device_name;
  TRY(check_device_name(out.device_name));
  if (given.virtual_name) {
    if (!images::is_virtual_name(*given.virtual_name) || given.ebs)
      return images::invalid_mapping("Invalid virtual name " +
                                     given.virtual_name->substr(0, images::kMaxShortNameBytes) +
                                     " for device " + out.device_name);
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
  TRY(check_supported(ebs));
  if (!ebs.snapshot_id && !ebs.volume_size) return images::missing_parameter("size or snapshotId");
  if (ebs.snapshot_id) out.snapshot_id = TRY(images::SnapshotId::parse(*ebs.snapshot_id)).text();
  if (ebs.volume_size && (*ebs.volume_size < 1 || *ebs.volume_size > images::kMaxVolumeSizeGib))
    return images::invalid_mapping("Volume size of " + std::to_string(*ebs.volume_size) +
                                   "GB is not between 1GB and 65536GB");
  out.volume_size_gib = ebs.volume_size.value_or(0);
  out.volume_type = ebs.volume_type.value_or("standard");
  TRY(check_performance(out.volume_type, ebs.iops, ebs.throughput));
  out.iops = ebs.iops;
  out.throughput = ebs.throughput;
  out.delete_on_termination = ebs.delete_on_termination.value_or(true);
  return out;
}

Result<void> check_mappings(std::vector<messages::ec2::BlockDeviceMapping> const& given) {
  std::set<std::string_view> seen;
  for (auto const& item : given) {
    if (!item.device_name) return images::missing_parameter("BlockDeviceMapping.DeviceName");
    auto const& device = *item.device_name;
    if (!seen.insert(device).second)
      return images::invalid_mapping("The device '" + device +
                                     "' is used in more than one block-device mapping");
    if (item.no_device) continue;
    if (!item.ebs && !item.virtual_name)
      return images::invalid_mapping("The device " + device + " has neither Ebs nor VirtualName");
    if (!item.ebs) continue;
    TRY(check_supported(*item.ebs));
    if (item.ebs->volume_type)
      TRY(check_performance(*item.ebs->volume_type, item.ebs->iops, item.ebs->throughput));
  }
  return {};
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

}  // namespace argosy::ec2
