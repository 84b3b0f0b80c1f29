// messages/ec2/describe_instances.h - what DescribeInstances, DescribeInstanceStatus and
// DescribeInstanceAttribute say and hear. Source: EC2 API Reference.
#pragma once
#include "messages/ec2/instances.h"

namespace argosy::messages::ec2 {

struct DescribeInstancesRequest {
  std::vector<std::string> instance_id;
  std::optional<bool> include_managed_resources;
  bool dry_run = false;
  std::vector<Filter> filter;
  std::optional<std::string> next_token;
  std::optional<std::int32_t> max_results;
};
BOOST_DESCRIBE_STRUCT(DescribeInstancesRequest, (),
                      (instance_id, include_managed_resources, dry_run, filter, next_token, max_results))

struct DescribeInstancesResponse {
  std::optional<std::string> next_token;
  std::vector<Reservation> reservation_set;
};
BOOST_DESCRIBE_STRUCT(DescribeInstancesResponse, (), (next_token, reservation_set))

struct InstanceStatusDetails {
  std::optional<Time> impaired_since;
  std::optional<std::string> name;
  std::optional<std::string> status;
};
BOOST_DESCRIBE_STRUCT(InstanceStatusDetails, (), (impaired_since, name, status))

struct InstanceStatusSummary {
  std::vector<InstanceStatusDetails> details;
  std::optional<std::string> status;
};
BOOST_DESCRIBE_STRUCT(InstanceStatusSummary, (), (details, status))

struct InstanceStatus {
  std::optional<std::string> availability_zone;
  std::optional<std::string> instance_id;
  std::optional<InstanceState> instance_state;
  std::optional<InstanceStatusSummary> instance_status;
  std::optional<InstanceStatusSummary> system_status;
};
BOOST_DESCRIBE_STRUCT(InstanceStatus, (),
                      (availability_zone, instance_id, instance_state, instance_status, system_status))

struct DescribeInstanceStatusRequest {
  std::vector<std::string> instance_id;
  std::optional<std::int32_t> max_results;
  std::optional<std::string> next_token;
  std::optional<bool> include_managed_resources;
  bool dry_run = false;
  std::vector<Filter> filter;
  std::optional<bool> include_all_instances;
};
BOOST_DESCRIBE_STRUCT(DescribeInstanceStatusRequest, (),
                      (instance_id, max_results, next_token, include_managed_resources, dry_run, filter,
                       include_all_instances))

struct DescribeInstanceStatusResponse {
  std::vector<InstanceStatus> instance_status_set;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(DescribeInstanceStatusResponse, (), (instance_status_set, next_token))

struct AttributeBooleanValue {
  std::optional<bool> value;
};
BOOST_DESCRIBE_STRUCT(AttributeBooleanValue, (), (value))

struct DescribeInstanceAttributeRequest {
  bool dry_run = false;
  std::string instance_id;
  std::string attribute;
};
BOOST_DESCRIBE_STRUCT(DescribeInstanceAttributeRequest, (), (dry_run, instance_id, attribute))

struct DescribeInstanceAttributeResponse {
  std::vector<InstanceBlockDeviceMapping> block_device_mapping;
  std::optional<AttributeBooleanValue> disable_api_termination;
  std::optional<AttributeBooleanValue> ena_support;
  std::optional<AttributeBooleanValue> ebs_optimized;
  std::optional<std::string> instance_id;
  std::optional<AttributeValue> instance_initiated_shutdown_behavior;
  std::optional<AttributeValue> instance_type;
  std::optional<AttributeValue> kernel;
  std::optional<AttributeValue> ramdisk;
  std::optional<AttributeValue> root_device_name;
  std::optional<AttributeBooleanValue> source_dest_check;
  std::optional<AttributeValue> sriov_net_support;
  std::optional<AttributeValue> user_data;
  std::optional<AttributeBooleanValue> disable_api_stop;
  std::vector<GroupIdentifier> group_set;
};
BOOST_DESCRIBE_STRUCT(DescribeInstanceAttributeResponse, (),
                      (block_device_mapping, disable_api_termination, ena_support, ebs_optimized, instance_id,
                       instance_initiated_shutdown_behavior, instance_type, kernel, ramdisk, root_device_name,
                       source_dest_check, sriov_net_support, user_data, disable_api_stop, group_set))

}  // namespace argosy::messages::ec2
