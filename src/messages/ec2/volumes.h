// messages/ec2/volumes.h - what CreateVolume, DeleteVolume, DescribeVolumes, CreateSnapshot, CreateSnapshots
// and CreateImage say and hear. Source: EC2 API Reference.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct VolumeAttachment {
  std::optional<bool> delete_on_termination;
  std::optional<std::string> volume_id;
  std::optional<std::string> instance_id;
  std::optional<std::string> device;
  std::optional<std::string> status;
  std::optional<Time> attach_time;
};
BOOST_DESCRIBE_STRUCT(VolumeAttachment, (),
                      (delete_on_termination, volume_id, instance_id, device, status, attach_time))

struct Volume {
  std::optional<std::int32_t> iops;
  std::vector<Tag> tag_set;
  std::optional<std::string> volume_type;
  std::optional<bool> multi_attach_enabled;
  std::optional<std::int32_t> throughput;
  std::optional<std::string> volume_id;
  std::optional<std::int32_t> size;
  std::optional<std::string> snapshot_id;
  std::optional<std::string> availability_zone;
  std::optional<std::string> status;
  std::optional<Time> create_time;
  std::vector<VolumeAttachment> attachment_set;
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key_id;
};
BOOST_DESCRIBE_STRUCT(Volume, (),
                      (iops, tag_set, volume_type, multi_attach_enabled, throughput, volume_id, size,
                       snapshot_id, availability_zone, status, create_time, attachment_set, encrypted,
                       kms_key_id))

struct CreateVolumeRequest {
  std::optional<std::string> availability_zone;
  std::optional<bool> encrypted;
  std::optional<std::int32_t> iops;
  std::optional<std::string> kms_key_id;
  std::optional<std::int32_t> size;
  std::optional<std::string> snapshot_id;
  std::optional<std::string> volume_type;
  std::vector<TagSpecification> tag_specification;
  std::optional<bool> multi_attach_enabled;
  std::optional<std::int32_t> throughput;
  std::optional<std::string> client_token;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(CreateVolumeRequest, (),
                      (availability_zone, encrypted, iops, kms_key_id, size, snapshot_id, volume_type,
                       tag_specification, multi_attach_enabled, throughput, client_token, dry_run))

struct DeleteVolumeRequest {
  std::string volume_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DeleteVolumeRequest, (), (volume_id, dry_run))

struct DeleteVolumeResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(DeleteVolumeResponse, (), (result))
constexpr auto wire_name_exceptions(DeleteVolumeResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

struct DescribeVolumesRequest {
  std::vector<std::string> volume_id;
  std::optional<bool> include_managed_resources;
  bool dry_run = false;
  std::vector<Filter> filter;
  std::optional<std::string> next_token;
  std::optional<std::int32_t> max_results;
};
BOOST_DESCRIBE_STRUCT(DescribeVolumesRequest, (),
                      (volume_id, include_managed_resources, dry_run, filter, next_token, max_results))

struct DescribeVolumesResponse {
  std::optional<std::string> next_token;
  std::vector<Volume> volume_set;
};
BOOST_DESCRIBE_STRUCT(DescribeVolumesResponse, (), (next_token, volume_set))

struct CreateSnapshotRequest {
  std::optional<std::string> description;
  std::optional<std::string> outpost_arn;
  std::string volume_id;
  std::vector<TagSpecification> tag_specification;
  std::optional<std::string> location;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(CreateSnapshotRequest, (),
                      (description, outpost_arn, volume_id, tag_specification, location, dry_run))

struct InstanceSpecification {
  std::string instance_id;
  std::optional<bool> exclude_boot_volume;
  std::vector<std::string> exclude_data_volume_id;
};
BOOST_DESCRIBE_STRUCT(InstanceSpecification, (), (instance_id, exclude_boot_volume, exclude_data_volume_id))

struct CreateSnapshotsRequest {
  std::optional<std::string> description;
  InstanceSpecification instance_specification;
  std::optional<std::string> outpost_arn;
  std::vector<TagSpecification> tag_specification;
  bool dry_run = false;
  std::optional<std::string> copy_tags_from_source;
  std::optional<std::string> location;
};
BOOST_DESCRIBE_STRUCT(CreateSnapshotsRequest, (),
                      (description, instance_specification, outpost_arn, tag_specification, dry_run,
                       copy_tags_from_source, location))

struct SnapshotInfo {
  std::optional<std::string> description;
  std::vector<Tag> tag_set;
  std::optional<bool> encrypted;
  std::optional<std::string> volume_id;
  std::optional<std::string> state;
  std::optional<std::int32_t> volume_size;
  std::optional<Time> start_time;
  std::optional<std::string> progress;
  std::optional<std::string> owner_id;
  std::optional<std::string> snapshot_id;
};
BOOST_DESCRIBE_STRUCT(SnapshotInfo, (),
                      (description, tag_set, encrypted, volume_id, state, volume_size, start_time, progress,
                       owner_id, snapshot_id))

struct CreateSnapshotsResponse {
  std::vector<SnapshotInfo> snapshot_set;
};
BOOST_DESCRIBE_STRUCT(CreateSnapshotsResponse, (), (snapshot_set))

struct CreateImageRequest {
  std::vector<TagSpecification> tag_specification;
  std::optional<std::string> snapshot_location;
  bool dry_run = false;
  std::string instance_id;
  std::string name;
  std::optional<std::string> description;
  std::optional<bool> no_reboot;
  std::vector<BlockDeviceMapping> block_device_mapping;
};
BOOST_DESCRIBE_STRUCT(CreateImageRequest, (),
                      (tag_specification, snapshot_location, dry_run, instance_id, name, description,
                       no_reboot, block_device_mapping))

struct CreateImageResponse {
  std::optional<std::string> image_id;
};
BOOST_DESCRIBE_STRUCT(CreateImageResponse, (), (image_id))

}  // namespace argosy::messages::ec2
