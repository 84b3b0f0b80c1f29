// messages/ec2/change_instances.h - what StartInstances, StopInstances, RebootInstances, TerminateInstances,
// ModifyInstanceAttribute and GetConsoleOutput say and hear. Source: EC2 API Reference.
#pragma once
#include "messages/ec2/describe_instances.h"
#include "messages/ec2/text_scalars.h"

namespace argosy::messages::ec2 {

struct StartInstancesRequest {
  std::vector<std::string> instance_id;
  std::optional<std::string> additional_info;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(StartInstancesRequest, (), (instance_id, additional_info, dry_run))

struct StopInstancesRequest {
  std::vector<std::string> instance_id;
  std::optional<bool> hibernate;
  std::optional<bool> skip_os_shutdown;
  bool dry_run = false;
  std::optional<bool> force;
};
BOOST_DESCRIBE_STRUCT(StopInstancesRequest, (), (instance_id, hibernate, skip_os_shutdown, dry_run, force))

struct TerminateInstancesRequest {
  std::vector<std::string> instance_id;
  std::optional<bool> force;
  std::optional<bool> skip_os_shutdown;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(TerminateInstancesRequest, (), (instance_id, force, skip_os_shutdown, dry_run))

struct RebootInstancesRequest {
  std::vector<std::string> instance_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(RebootInstancesRequest, (), (instance_id, dry_run))

/// Of StartInstances, StopInstances and TerminateInstances.
struct InstanceStateChanges {
  std::vector<InstanceStateChange> instances_set;
};
BOOST_DESCRIBE_STRUCT(InstanceStateChanges, (), (instances_set))

struct RebootInstancesResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(RebootInstancesResponse, (), (result))
constexpr auto wire_name_exceptions(RebootInstancesResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

struct BlobAttributeValue {
  std::optional<Blob> value;
};
BOOST_DESCRIBE_STRUCT(BlobAttributeValue, (), (value))

/// One attribute, named by its own member or by `attribute` and `value`.
struct ModifyInstanceAttributeRequest {
  std::optional<AttributeBooleanValue> source_dest_check;
  std::optional<AttributeBooleanValue> disable_api_stop;
  bool dry_run = false;
  std::string instance_id;
  std::optional<std::string> attribute;
  std::optional<std::string> value;
  std::optional<AttributeBooleanValue> disable_api_termination;
  std::optional<AttributeValue> instance_initiated_shutdown_behavior;
  std::optional<BlobAttributeValue> user_data;
};
BOOST_DESCRIBE_STRUCT(ModifyInstanceAttributeRequest, (),
                      (source_dest_check, disable_api_stop, dry_run, instance_id, attribute, value,
                       disable_api_termination, instance_initiated_shutdown_behavior, user_data))

struct ModifyInstanceAttributeResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(ModifyInstanceAttributeResponse, (), (result))
constexpr auto wire_name_exceptions(ModifyInstanceAttributeResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

struct GetConsoleOutputRequest {
  std::string instance_id;
  std::optional<bool> latest;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(GetConsoleOutputRequest, (), (instance_id, latest, dry_run))

struct GetConsoleOutputResponse {
  std::optional<std::string> instance_id;
  std::optional<Time> timestamp;
  std::optional<std::string> output;
};
BOOST_DESCRIBE_STRUCT(GetConsoleOutputResponse, (), (instance_id, timestamp, output))

}  // namespace argosy::messages::ec2
