// messages/ec2/modify_snapshot_attribute.h - what ModifySnapshotAttribute says and hears. Source: EC2 API
// Reference, API_ModifySnapshotAttribute.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct ModifySnapshotAttributeRequest {
  std::optional<std::string> attribute;
  std::optional<CreateVolumePermissionModifications> create_volume_permission;
  std::vector<std::string> user_group;
  std::optional<std::string> operation_type;
  std::string snapshot_id;
  std::vector<std::string> user_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ModifySnapshotAttributeRequest, (),
                      (attribute, create_volume_permission, user_group, operation_type, snapshot_id, user_id,
                       dry_run))

struct ModifySnapshotAttributeResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(ModifySnapshotAttributeResponse, (), (result))
constexpr auto wire_name_exceptions(ModifySnapshotAttributeResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
