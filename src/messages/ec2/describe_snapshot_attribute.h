// messages/ec2/describe_snapshot_attribute.h - what DescribeSnapshotAttribute says and hears. Source: EC2 API
// Reference, API_DescribeSnapshotAttribute.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeSnapshotAttributeRequest {
  std::string attribute;
  std::string snapshot_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DescribeSnapshotAttributeRequest, (), (attribute, snapshot_id, dry_run))

struct DescribeSnapshotAttributeResponse {
  std::optional<std::vector<ProductCode>> product_codes;
  std::optional<std::string> snapshot_id;
  std::optional<std::vector<CreateVolumePermission>> create_volume_permission;
};
BOOST_DESCRIBE_STRUCT(DescribeSnapshotAttributeResponse, (),
                      (product_codes, snapshot_id, create_volume_permission))

}  // namespace argosy::messages::ec2
