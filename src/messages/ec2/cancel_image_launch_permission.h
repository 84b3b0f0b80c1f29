// messages/ec2/cancel_image_launch_permission.h - what CancelImageLaunchPermission says and hears. Source:
// EC2 API Reference, API_CancelImageLaunchPermission.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct CancelImageLaunchPermissionRequest {
  std::string image_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(CancelImageLaunchPermissionRequest, (), (image_id, dry_run))

struct CancelImageLaunchPermissionResponse {
  std::optional<bool> result;
};
BOOST_DESCRIBE_STRUCT(CancelImageLaunchPermissionResponse, (), (result))
constexpr auto wire_name_exceptions(CancelImageLaunchPermissionResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
