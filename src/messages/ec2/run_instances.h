// messages/ec2/run_instances.h - what RunInstances says and hears. Source: EC2 API Reference,
// API_RunInstances. What Argosy has no such thing of (launch templates, spot, GPUs, Outposts) is refused by
// name where a client sends it: UnknownParameter.
#pragma once
#include "messages/ec2/instances.h"

namespace argosy::messages::ec2 {

struct RunInstancesMonitoringEnabled {
  std::optional<bool> enabled;
};
BOOST_DESCRIBE_STRUCT(RunInstancesMonitoringEnabled, (), (enabled))

struct InstanceMetadataOptionsRequest {
  std::optional<std::string> http_tokens;
  std::optional<std::int32_t> http_put_response_hop_limit;
  std::optional<std::string> http_endpoint;
  std::optional<std::string> http_protocol_ipv6;
  std::optional<std::string> instance_metadata_tags;
};
BOOST_DESCRIBE_STRUCT(InstanceMetadataOptionsRequest, (),
                      (http_tokens, http_put_response_hop_limit, http_endpoint, http_protocol_ipv6,
                       instance_metadata_tags))

struct IamInstanceProfileSpecification {
  std::optional<std::string> arn;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(IamInstanceProfileSpecification, (), (arn, name))

/// One network interface, in the words of clients that name subnet and groups there.
struct InstanceNetworkInterfaceSpecification {
  std::optional<bool> associate_public_ip_address;
  std::optional<bool> delete_on_termination;
  std::optional<std::string> description;
  std::optional<std::int32_t> device_index;
  std::vector<std::string> security_group_id;
  std::optional<std::string> subnet_id;
};
BOOST_DESCRIBE_STRUCT(InstanceNetworkInterfaceSpecification, (),
                      (associate_public_ip_address, delete_on_termination, description, device_index,
                       security_group_id, subnet_id))

struct CreditSpecificationRequest {
  std::optional<std::string> cpu_credits;
};
BOOST_DESCRIBE_STRUCT(CreditSpecificationRequest, (), (cpu_credits))

struct RunInstancesRequest {
  std::vector<BlockDeviceMapping> block_device_mapping;
  std::string image_id;
  std::optional<std::string> instance_type;
  std::optional<std::string> key_name;
  std::int32_t max_count = 0;
  std::int32_t min_count = 0;
  std::optional<RunInstancesMonitoringEnabled> monitoring;
  std::optional<Placement> placement;
  std::vector<std::string> security_group_id;
  std::vector<std::string> security_group;
  std::optional<std::string> subnet_id;
  std::optional<std::string> user_data;
  std::vector<TagSpecification> tag_specification;
  std::optional<CreditSpecificationRequest> credit_specification;
  std::optional<InstanceMetadataOptionsRequest> metadata_options;
  std::optional<bool> disable_api_stop;
  bool dry_run = false;
  std::optional<bool> disable_api_termination;
  std::optional<std::string> instance_initiated_shutdown_behavior;
  std::optional<std::string> client_token;
  std::vector<InstanceNetworkInterfaceSpecification> network_interface;
  std::optional<IamInstanceProfileSpecification> iam_instance_profile;
  std::optional<bool> ebs_optimized;
};
BOOST_DESCRIBE_STRUCT(RunInstancesRequest, (),
                      (block_device_mapping, image_id, instance_type, key_name, max_count, min_count,
                       monitoring, placement, security_group_id, security_group, subnet_id, user_data,
                       tag_specification, credit_specification, metadata_options, disable_api_stop, dry_run,
                       disable_api_termination, instance_initiated_shutdown_behavior, client_token,
                       network_interface, iam_instance_profile, ebs_optimized))

using RunInstancesResponse = Reservation;

}  // namespace argosy::messages::ec2
