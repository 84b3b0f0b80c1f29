// messages/ec2/deregister_image.h - what DeregisterImage says and hears. Source: EC2 API Reference,
// API_DeregisterImage.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DeregisterImageRequest {
  std::string image_id;
  std::optional<bool> delete_associated_snapshots;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DeregisterImageRequest, (), (image_id, delete_associated_snapshots, dry_run))

struct DeregisterImageResponse {
  std::optional<bool> result;
  std::optional<std::vector<DeleteSnapshotReturnCode>> delete_snapshot_result_set;
};
BOOST_DESCRIBE_STRUCT(DeregisterImageResponse, (), (result, delete_snapshot_result_set))
constexpr auto wire_name_exceptions(DeregisterImageResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
