// messages/ec2/types.h - the shapes that several EC2 operations share. Source: EC2 API Reference, Data Types.
//
// A member is named by its wire name in snake case: the codec turns `image_id` into the form parameter
// ImageId and the XML element imageId; what does not follow the rule stands in wire_name_exceptions next to
// its struct. In a request a plain string or integer is required, an optional or a list is not, a bool
// defaults to false.
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "wire/names.h"

namespace argosy::messages::ec2 {

struct Tag {
  std::optional<std::string> key;
  std::optional<std::string> value;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (key, value))

struct TagSpecification {
  std::optional<std::string> resource_type;
  std::vector<Tag> tag;
};
BOOST_DESCRIBE_STRUCT(TagSpecification, (), (resource_type, tag))

struct EbsBlockDevice {
  std::optional<bool> delete_on_termination;
  std::optional<std::int32_t> iops;
  std::optional<std::string> snapshot_id;
  std::optional<std::int32_t> volume_size;
  std::optional<std::string> volume_type;
  std::optional<std::string> kms_key_id;
  std::optional<std::int32_t> throughput;
  std::optional<std::string> outpost_arn;
  std::optional<std::string> availability_zone;
  std::optional<bool> encrypted;
  std::optional<std::int32_t> volume_initialization_rate;
  std::optional<std::string> availability_zone_id;
  std::optional<std::int32_t> ebs_card_index;
};
BOOST_DESCRIBE_STRUCT(EbsBlockDevice, (),
                      (delete_on_termination, iops, snapshot_id, volume_size, volume_type, kms_key_id,
                       throughput, outpost_arn, availability_zone, encrypted, volume_initialization_rate,
                       availability_zone_id, ebs_card_index))
constexpr auto wire_name_exceptions(EbsBlockDevice const*) {
  return std::array{wire::NameException{"volume_initialization_rate", "VolumeInitializationRate"},
                    wire::NameException{"availability_zone_id", "AvailabilityZoneId"},
                    wire::NameException{"ebs_card_index", "EbsCardIndex"}};
}

struct BlockDeviceMapping {
  std::optional<EbsBlockDevice> ebs;
  std::optional<std::string> no_device;
  std::optional<std::string> device_name;
  std::optional<std::string> virtual_name;
};
BOOST_DESCRIBE_STRUCT(BlockDeviceMapping, (), (ebs, no_device, device_name, virtual_name))

struct Filter {
  std::optional<std::string> name;
  std::vector<std::string> value;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (name, value))

struct StateReason {
  std::optional<std::string> code;
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(StateReason, (), (code, message))

struct ProductCode {
  std::optional<std::string> product_code;
  std::optional<std::string> type;
};
BOOST_DESCRIBE_STRUCT(ProductCode, (), (product_code, type))

struct Image {
  std::optional<std::string> platform_details;
  std::optional<std::string> usage_operation;
  std::vector<BlockDeviceMapping> block_device_mapping;
  std::optional<std::string> description;
  std::optional<bool> ena_support;
  std::optional<std::string> hypervisor;
  std::optional<std::string> image_owner_alias;
  std::optional<std::string> name;
  std::optional<std::string> root_device_name;
  std::optional<std::string> root_device_type;
  std::optional<std::string> sriov_net_support;
  std::optional<StateReason> state_reason;
  std::vector<Tag> tag_set;
  std::optional<std::string> virtualization_type;
  std::optional<std::string> boot_mode;
  std::optional<std::string> tpm_support;
  std::optional<std::string> deprecation_time;
  std::optional<std::string> imds_support;
  std::optional<std::string> source_instance_id;
  std::optional<std::string> deregistration_protection;
  std::optional<std::string> last_launched_time;
  std::optional<bool> image_allowed;
  std::optional<std::string> source_image_id;
  std::optional<std::string> source_image_region;
  std::optional<bool> free_tier_eligible;
  std::optional<std::string> image_id;
  std::optional<std::string> image_location;
  std::optional<std::string> image_state;
  std::optional<std::string> image_owner_id;
  std::optional<std::string> creation_date;
  std::optional<bool> is_public;
  std::vector<ProductCode> product_codes;
  std::optional<std::string> architecture;
  std::optional<std::string> image_type;
  std::optional<std::string> kernel_id;
  std::optional<std::string> ramdisk_id;
  std::optional<std::string> platform;
};
BOOST_DESCRIBE_STRUCT(Image, (),
                      (platform_details, usage_operation, block_device_mapping, description, ena_support,
                       hypervisor, image_owner_alias, name, root_device_name, root_device_type,
                       sriov_net_support, state_reason, tag_set, virtualization_type, boot_mode, tpm_support,
                       deprecation_time, imds_support, source_instance_id, deregistration_protection,
                       last_launched_time, image_allowed, source_image_id, source_image_region,
                       free_tier_eligible, image_id, image_location, image_state, image_owner_id,
                       creation_date, is_public, product_codes, architecture, image_type, kernel_id,
                       ramdisk_id, platform))

struct DeleteSnapshotReturnCode {
  std::optional<std::string> snapshot_id;
  std::optional<std::string> return_code;
};
BOOST_DESCRIBE_STRUCT(DeleteSnapshotReturnCode, (), (snapshot_id, return_code))

struct AttributeValue {
  std::optional<std::string> value;
};
BOOST_DESCRIBE_STRUCT(AttributeValue, (), (value))

struct LaunchPermission {
  std::optional<std::string> organization_arn;
  std::optional<std::string> organizational_unit_arn;
  std::optional<std::string> user_id;
  std::optional<std::string> group;
};
BOOST_DESCRIBE_STRUCT(LaunchPermission, (), (organization_arn, organizational_unit_arn, user_id, group))

struct LaunchPermissionModifications {
  std::vector<LaunchPermission> add;
  std::vector<LaunchPermission> remove;
};
BOOST_DESCRIBE_STRUCT(LaunchPermissionModifications, (), (add, remove))

/// Argosy's own element <argosy> in a snapshot (docs/extensions.md): how far its copy is and what its content
/// is.
struct SnapshotExtension {
  std::optional<std::int64_t> copy_bytes_total;  ///< content of the source, in bytes of written blocks
  std::optional<std::int64_t>
      copy_bytes_done;  ///< of those, the bytes that are here (they came, or were here before)
  std::optional<std::int64_t>
      copy_bytes_moved;  ///< stored (compressed) bytes that crossed the wire for this copy
  std::optional<std::string> content_digest;  ///< hexadecimal; equal content and volume size, equal digest
};
BOOST_DESCRIBE_STRUCT(SnapshotExtension, (),
                      (copy_bytes_total, copy_bytes_done, copy_bytes_moved, content_digest))

struct Snapshot {
  std::optional<std::string> owner_alias;
  std::optional<std::string> outpost_arn;
  std::vector<Tag> tag_set;
  std::optional<std::string> storage_tier;
  std::optional<Time> restore_expiry_time;
  std::optional<std::string> sse_type;
  std::optional<std::string> availability_zone;
  std::optional<std::string> transfer_type;
  std::optional<std::int32_t> completion_duration_minutes;
  std::optional<Time> completion_time;
  std::optional<std::int64_t> full_snapshot_size_in_bytes;
  std::optional<std::string> snapshot_id;
  std::optional<std::string> volume_id;
  std::optional<std::string> status;
  std::optional<std::string> status_message;
  std::optional<Time> start_time;
  std::optional<std::string> progress;
  std::optional<std::string> owner_id;
  std::optional<std::string> description;
  std::optional<std::int32_t> volume_size;
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key_id;
  std::optional<std::string> data_encryption_key_id;
  std::optional<SnapshotExtension> argosy;
};
BOOST_DESCRIBE_STRUCT(Snapshot, (),
                      (owner_alias, outpost_arn, tag_set, storage_tier, restore_expiry_time, sse_type,
                       availability_zone, transfer_type, completion_duration_minutes, completion_time,
                       full_snapshot_size_in_bytes, snapshot_id, volume_id, status, status_message,
                       start_time, progress, owner_id, description, volume_size, encrypted, kms_key_id,
                       data_encryption_key_id, argosy))

struct CreateVolumePermission {
  std::optional<std::string> user_id;
  std::optional<std::string> group;
};
BOOST_DESCRIBE_STRUCT(CreateVolumePermission, (), (user_id, group))

struct CreateVolumePermissionModifications {
  std::vector<CreateVolumePermission> add;
  std::vector<CreateVolumePermission> remove;
};
BOOST_DESCRIBE_STRUCT(CreateVolumePermissionModifications, (), (add, remove))

struct TagDescription {
  std::optional<std::string> key;
  std::optional<std::string> resource_id;
  std::optional<std::string> resource_type;
  std::optional<std::string> value;
};
BOOST_DESCRIBE_STRUCT(TagDescription, (), (key, resource_id, resource_type, value))

struct RegionGeography {
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(RegionGeography, (), (name))

struct Region {
  std::optional<std::string> opt_in_status;
  std::vector<RegionGeography> geography_set;
  std::optional<std::string> region_name;
  std::optional<std::string> region_endpoint;
};
BOOST_DESCRIBE_STRUCT(Region, (), (opt_in_status, geography_set, region_name, region_endpoint))

struct AvailabilityZoneMessage {
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(AvailabilityZoneMessage, (), (message))

struct AvailabilityZoneGeography {
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(AvailabilityZoneGeography, (), (name))

struct AvailabilityZoneSubGeography {
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(AvailabilityZoneSubGeography, (), (name))

struct AvailabilityZone {
  std::optional<std::string> opt_in_status;
  std::vector<AvailabilityZoneMessage> message_set;
  std::optional<std::string> region_name;
  std::optional<std::string> zone_name;
  std::optional<std::string> zone_id;
  std::optional<std::string> group_name;
  std::optional<std::string> network_border_group;
  std::optional<std::string> zone_type;
  std::optional<std::string> parent_zone_name;
  std::optional<std::string> parent_zone_id;
  std::optional<std::string> group_long_name;
  std::vector<AvailabilityZoneGeography> geography_set;
  std::vector<AvailabilityZoneSubGeography> sub_geography_set;
  std::optional<std::string> zone_state;
};
BOOST_DESCRIBE_STRUCT(AvailabilityZone, (),
                      (opt_in_status, message_set, region_name, zone_name, zone_id, group_name,
                       network_border_group, zone_type, parent_zone_name, parent_zone_id, group_long_name,
                       geography_set, sub_geography_set, zone_state))

}  // namespace argosy::messages::ec2
