// messages/ec2/copy_snapshot.h - what CopySnapshot says and hears. Source: EC2 API Reference,
// API_CopySnapshot.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct CopySnapshotRequest {
  std::optional<std::string> description;
  std::optional<std::string> destination_outpost_arn;
  std::optional<std::string> destination_region;
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key_id;
  std::optional<std::string> presigned_url;
  std::string source_region;
  std::string source_snapshot_id;
  std::vector<TagSpecification> tag_specification;
  std::optional<std::int32_t> completion_duration_minutes;
  std::optional<std::string> destination_availability_zone;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(CopySnapshotRequest, (),
                      (description, destination_outpost_arn, destination_region, encrypted, kms_key_id,
                       presigned_url, source_region, source_snapshot_id, tag_specification,
                       completion_duration_minutes, destination_availability_zone, dry_run))

struct CopySnapshotResponse {
  std::vector<Tag> tag_set;
  std::optional<std::string> snapshot_id;
};
BOOST_DESCRIBE_STRUCT(CopySnapshotResponse, (), (tag_set, snapshot_id))

}  // namespace argosy::messages::ec2
