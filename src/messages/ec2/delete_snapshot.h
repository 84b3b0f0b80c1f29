// messages/ec2/delete_snapshot.h - what DeleteSnapshot says and hears. Source: EC2 API Reference,
// API_DeleteSnapshot.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DeleteSnapshotRequest {
  std::string snapshot_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DeleteSnapshotRequest, (), (snapshot_id, dry_run))

struct DeleteSnapshotResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(DeleteSnapshotResponse, (), (result))
constexpr auto wire_name_exceptions(DeleteSnapshotResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
