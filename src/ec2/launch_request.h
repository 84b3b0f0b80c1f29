// ec2/launch_request.h - what a caller of RunInstances says, checked as far as that can be without looking at
// what exists.
#pragma once
#include <string>
#include <vector>

#include "base/bytes.h"
#include "images/encryption.h"
#include "images/image.h"
#include "instances/instance.h"
#include "instances/instance_type.h"
#include "messages/ec2/run_instances.h"

namespace argosy::ec2 {

/// A block device that the caller changes, adds or leaves out.
struct DeviceWish {
  std::string device_name;
  bool left_out = false;
  std::optional<std::string> snapshot_id;
  std::optional<std::int64_t> size_gib;
  std::optional<std::string> type;
  std::optional<std::int64_t> iops;
  std::optional<std::int64_t> throughput;
  std::optional<bool> delete_on_termination;
  images::EncryptionWish encryption;
};

struct LaunchRequest {
  std::string image_id;
  instances::InstanceType type;
  std::int64_t least = 1;
  std::int64_t most = 1;
  std::vector<DeviceWish> devices;
  std::string key_name;
  Bytes user_data;
  std::optional<bool> tokens_required;
  std::optional<std::int64_t> hop_limit;
  bool metadata_enabled = true;
  bool metadata_tags = false;
  bool termination_protected = false;
  bool stop_protected = false;
  bool terminates_on_shutdown = false;
  std::string client_token;
  std::vector<images::Tag> instance_tags;
  std::vector<images::Tag> volume_tags;
};

/// Fails with MissingParameter, InvalidParameterValue, InvalidParameterCombination,
/// InvalidParameterDependency, InvalidBlockDeviceMapping, InvalidAMIID.Malformed, InvalidSubnetID.NotFound,
/// InvalidGroup.NotFound, UnsupportedOperation.
Result<LaunchRequest> check_run_instances(std::string const& account, std::string const& region,
                                          messages::ec2::RunInstancesRequest const& request);

/// User data from base64: at most 16 KiB. Fails with InvalidParameterValue.
Result<Bytes> to_user_data(std::string const& base64);
/// "stop" or "terminate" (true). Fails with InvalidParameterValue.
Result<bool> to_shutdown_behavior(std::string const& text);

}  // namespace argosy::ec2
