// messages/ec2/instances.h - the shapes of an instance that several operations share. Source: EC2 API
// Reference, API_Instance. Members that Argosy never answers (Outposts, GPUs, spot, network interfaces) are
// left out.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct GroupIdentifier {
  std::optional<std::string> group_id;
  std::optional<std::string> group_name;
};
BOOST_DESCRIBE_STRUCT(GroupIdentifier, (), (group_id, group_name))

struct InstanceState {
  std::optional<std::int32_t> code;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(InstanceState, (), (code, name))

struct EbsInstanceBlockDevice {
  std::optional<Time> attach_time;
  std::optional<bool> delete_on_termination;
  std::optional<std::string> status;
  std::optional<std::string> volume_id;
};
BOOST_DESCRIBE_STRUCT(EbsInstanceBlockDevice, (), (attach_time, delete_on_termination, status, volume_id))

struct InstanceBlockDeviceMapping {
  std::optional<std::string> device_name;
  std::optional<EbsInstanceBlockDevice> ebs;
};
BOOST_DESCRIBE_STRUCT(InstanceBlockDeviceMapping, (), (device_name, ebs))

struct Placement {
  std::optional<std::string> availability_zone_id;
  std::optional<std::string> affinity;
  std::optional<std::string> group_name;
  std::optional<std::int32_t> partition_number;
  std::optional<std::string> host_id;
  std::optional<std::string> tenancy;
  std::optional<std::string> spread_domain;
  std::optional<std::string> host_resource_group_arn;
  std::optional<std::string> group_id;
  std::optional<std::string> availability_zone;
};
BOOST_DESCRIBE_STRUCT(Placement, (),
                      (availability_zone_id, affinity, group_name, partition_number, host_id, tenancy,
                       spread_domain, host_resource_group_arn, group_id, availability_zone))

struct Monitoring {
  std::optional<std::string> state;
};
BOOST_DESCRIBE_STRUCT(Monitoring, (), (state))

struct InstanceMetadataOptionsResponse {
  std::optional<std::string> state;
  std::optional<std::string> http_tokens;
  std::optional<std::int32_t> http_put_response_hop_limit;
  std::optional<std::string> http_endpoint;
  std::optional<std::string> http_protocol_ipv6;
  std::optional<std::string> instance_metadata_tags;
};
BOOST_DESCRIBE_STRUCT(InstanceMetadataOptionsResponse, (),
                      (state, http_tokens, http_put_response_hop_limit, http_endpoint, http_protocol_ipv6,
                       instance_metadata_tags))

struct Instance {
  std::optional<std::string> architecture;
  std::vector<InstanceBlockDeviceMapping> block_device_mapping;
  std::optional<std::string> client_token;
  std::optional<bool> ebs_optimized;
  std::optional<bool> ena_support;
  std::optional<std::string> hypervisor;
  std::optional<std::string> root_device_name;
  std::optional<std::string> root_device_type;
  std::vector<GroupIdentifier> group_set;
  std::optional<bool> source_dest_check;
  std::optional<StateReason> state_reason;
  std::vector<Tag> tag_set;
  std::optional<std::string> virtualization_type;
  std::optional<InstanceMetadataOptionsResponse> metadata_options;
  std::optional<std::string> boot_mode;
  std::optional<std::string> platform_details;
  std::optional<std::string> usage_operation;
  std::optional<std::string> current_instance_boot_mode;
  std::optional<std::string> instance_id;
  std::optional<std::string> image_id;
  std::optional<InstanceState> instance_state;
  std::optional<std::string> private_dns_name;
  std::optional<std::string> dns_name;
  std::optional<std::string> reason;
  std::optional<std::string> key_name;
  std::optional<std::int32_t> ami_launch_index;
  std::vector<ProductCode> product_codes;
  std::optional<std::string> instance_type;
  std::optional<Time> launch_time;
  std::optional<Placement> placement;
  std::optional<std::string> platform;
  std::optional<Monitoring> monitoring;
  std::optional<std::string> subnet_id;
  std::optional<std::string> vpc_id;
  std::optional<std::string> private_ip_address;
  std::optional<std::string> ip_address;
};
BOOST_DESCRIBE_STRUCT(Instance, (),
                      (architecture, block_device_mapping, client_token, ebs_optimized, ena_support,
                       hypervisor, root_device_name, root_device_type, group_set, source_dest_check,
                       state_reason, tag_set, virtualization_type, metadata_options, boot_mode,
                       platform_details, usage_operation, current_instance_boot_mode, instance_id, image_id,
                       instance_state, private_dns_name, dns_name, reason, key_name, ami_launch_index,
                       product_codes, instance_type, launch_time, placement, platform, monitoring, subnet_id,
                       vpc_id, private_ip_address, ip_address))

struct Reservation {
  std::optional<std::string> reservation_id;
  std::optional<std::string> owner_id;
  std::optional<std::string> requester_id;
  std::vector<GroupIdentifier> group_set;
  std::vector<Instance> instances_set;
};
BOOST_DESCRIBE_STRUCT(Reservation, (), (reservation_id, owner_id, requester_id, group_set, instances_set))

struct InstanceStateChange {
  std::optional<std::string> instance_id;
  std::optional<InstanceState> current_state;
  std::optional<InstanceState> previous_state;
};
BOOST_DESCRIBE_STRUCT(InstanceStateChange, (), (instance_id, current_state, previous_state))

}  // namespace argosy::messages::ec2
