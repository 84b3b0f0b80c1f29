// ec2/instance_shapes.cpp - see instance_shapes.h.
#include "ec2/instance_shapes.h"

#include "catalogue/images.h"
#include "catalogue/tags.h"
#include "catalogue/volumes.h"
#include "ec2/shapes.h"
#include "instances/default_network.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::InstanceState;

m::InstanceMetadataOptionsResponse to_shape(instances::MetadataOptions const& options) {
  m::InstanceMetadataOptionsResponse out;
  out.state = "applied";
  out.http_tokens = options.tokens_required ? "required" : "optional";
  out.http_put_response_hop_limit = static_cast<std::int32_t>(options.hop_limit);
  out.http_endpoint = options.enabled ? "enabled" : "disabled";
  out.http_protocol_ipv6 = "disabled";
  out.instance_metadata_tags = options.tags ? "enabled" : "disabled";
  return out;
}

m::InstanceBlockDeviceMapping to_shape(instances::Volume const& volume) {
  m::InstanceBlockDeviceMapping out;
  out.device_name = volume.device_name;
  out.ebs.emplace();
  out.ebs->attach_time = volume.attached;
  out.ebs->delete_on_termination = volume.delete_on_termination;
  out.ebs->status = volume.state == instances::VolumeState::creating ? "attaching" : "attached";
  out.ebs->volume_id = volume.id;
  return out;
}

}  // namespace

m::InstanceState to_shape(InstanceState state) {
  return {instances::code_of(state), std::string(instances::to_text(state))};
}

std::vector<m::GroupIdentifier> default_groups(std::string const& account, std::string const& region) {
  return {{instances::default_network(account, region).security_group_id,
           std::string(instances::kSecurityGroupName)}};
}

m::Reservation to_reservation(std::string const& account, std::string const& reservation_id) {
  m::Reservation out;
  out.reservation_id = reservation_id;
  out.owner_id = account;
  return out;
}

Result<m::Instance> to_shape(catalogue::Transaction& tx, access::Caller const& caller,
                             std::string const& region, instances::Instance const& instance) {
  auto const network = instances::default_network(instance.account, region);
  bool const here = instance.state != InstanceState::terminated;
  m::Instance out;
  out.architecture = instance.architecture;
  auto const volumes = TRY(catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name));
  for (auto const& volume : volumes) out.block_device_mapping.push_back(to_shape(volume));
  if (!instance.client_token.empty()) out.client_token = instance.client_token;
  out.ebs_optimized = false;
  out.ena_support = instance.ena_support;
  out.hypervisor = "xen";
  out.root_device_name = instance.root_device_name;
  out.root_device_type = "ebs";
  out.source_dest_check = true;
  if (!instance.state_reason_code.empty())
    out.state_reason = m::StateReason{instance.state_reason_code, instance.state_reason};
  auto const tags = TRY(catalogue::list_tags(tx, caller.account, instance.id));
  out.tag_set = ec2::to_shape(tags);
  out.virtualization_type = instance.virtualization_type;
  out.metadata_options = to_shape(instance.metadata);
  if (auto const image = catalogue::find_image(tx, instance.image_id)) out.boot_mode = image->boot_mode;
  out.current_instance_boot_mode = instance.boot_mode;
  out.platform = instance.platform;
  out.platform_details = instance.platform ? "Windows" : "Linux/UNIX";
  out.usage_operation = instance.platform ? "RunInstances:0002" : "RunInstances";
  out.instance_id = instance.id;
  out.image_id = instance.image_id;
  out.instance_state = to_shape(instance.state);
  out.reason = instance.transition_reason;
  if (!instance.key_name.empty()) out.key_name = instance.key_name;
  out.ami_launch_index = static_cast<std::int32_t>(instance.launch_index);
  out.instance_type = instance.instance_type;
  out.launch_time = instance.launched;
  out.placement.emplace();
  out.placement->availability_zone = network.availability_zone;
  out.placement->group_name = "";
  out.placement->tenancy = "default";
  out.monitoring = m::Monitoring{"disabled"};
  out.private_dns_name = here ? instances::private_dns_name(instance.address, region) : "";
  out.dns_name = "";
  if (!here) return out;
  out.group_set = default_groups(instance.account, region);
  out.subnet_id = network.subnet_id;
  out.vpc_id = network.vpc_id;
  out.private_ip_address = instance.address;
  out.ip_address = instance.address;
  return out;
}

}  // namespace argosy::ec2
