// messages/ec2/reset_snapshot_attribute.h - what ResetSnapshotAttribute says and hears. Source: EC2 API
// Reference, API_ResetSnapshotAttribute.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct ResetSnapshotAttributeRequest {
  std::string attribute;
  std::string snapshot_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ResetSnapshotAttributeRequest, (), (attribute, snapshot_id, dry_run))

struct ResetSnapshotAttributeResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(ResetSnapshotAttributeResponse, (), (result))
constexpr auto wire_name_exceptions(ResetSnapshotAttributeResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
