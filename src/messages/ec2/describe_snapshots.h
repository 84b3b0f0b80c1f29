// messages/ec2/describe_snapshots.h - what DescribeSnapshots says and hears. Source: EC2 API Reference,
// API_DescribeSnapshots.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeSnapshotsRequest {
  std::optional<std::int32_t> max_results;
  std::optional<std::string> next_token;
  std::vector<std::string> owner;
  std::vector<std::string> restorable_by;
  std::vector<std::string> snapshot_id;
  bool dry_run = false;
  std::vector<Filter> filter;
};
BOOST_DESCRIBE_STRUCT(DescribeSnapshotsRequest, (),
                      (max_results, next_token, owner, restorable_by, snapshot_id, dry_run, filter))

struct DescribeSnapshotsResponse {
  std::optional<std::string> next_token;
  std::vector<Snapshot> snapshot_set;
};
BOOST_DESCRIBE_STRUCT(DescribeSnapshotsResponse, (), (next_token, snapshot_set))

}  // namespace argosy::messages::ec2
