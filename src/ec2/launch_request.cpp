// ec2/launch_request.cpp - see launch_request.h.
#include "ec2/launch_request.h"

#include <algorithm>

#include "ec2/copy_task.h"
#include "ec2/image_mapping.h"
#include "ec2/new_volume.h"
#include "ec2/regions.h"
#include "ec2/shapes.h"
#include "images/ids.h"
#include "images/rules.h"
#include "instances/default_network.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

constexpr std::size_t kMaxUserDataBytes = 16'384;  // before base64
constexpr std::size_t kMaxDevices = 100;
constexpr std::size_t kMaxClientTokenBytes = 64;
constexpr std::int32_t kMostAtOnce = 1'000;
constexpr std::int32_t kMaxHops = 64;

/// "enabled" or "disabled", as EC2 has it in many places.
Result<bool> to_switch(std::string const& text, char const* parameter) {
  if (text == "enabled" || text == "disabled") return text == "enabled";
  return images::invalid_parameter_value("Value (" + text + ") for parameter " + parameter +
                                         " is invalid: it is enabled or disabled.");
}

Result<DeviceWish> to_device(m::BlockDeviceMapping const& given) {
  DeviceWish out;
  if (!given.device_name || given.device_name->empty())
    return images::missing_parameter("BlockDeviceMapping.DeviceName");
  out.device_name = *given.device_name;
  TRY(check_device_name(out.device_name));
  if (given.no_device) {
    out.left_out = true;
    return out;
  }
  if (given.virtual_name)
    return images::unsupported("Instance store volumes (" + *given.virtual_name + ") are not supported.");
  if (!given.ebs)
    return images::invalid_mapping("The device " + out.device_name + " has neither Ebs nor NoDevice");
  auto const& ebs = *given.ebs;
  TRY(check_supported(ebs));
  if (ebs.snapshot_id) out.snapshot_id = TRY(images::SnapshotId::parse(*ebs.snapshot_id)).text();
  if (ebs.volume_size && (*ebs.volume_size < 1 || *ebs.volume_size > images::kMaxVolumeSizeGib))
    return images::invalid_mapping("Volume size of " + std::to_string(*ebs.volume_size) +
                                   "GB is not between 1GB and 65536GB");
  out.size_gib = ebs.volume_size;
  if (ebs.volume_type) TRY(check_performance(*ebs.volume_type, ebs.iops, ebs.throughput));
  out.type = ebs.volume_type;
  out.iops = ebs.iops;
  out.throughput = ebs.throughput;
  out.delete_on_termination = ebs.delete_on_termination;
  out.encryption = {ebs.encrypted, ebs.kms_key_id};
  TRY(images::check_wish(out.encryption));
  return out;
}

Result<std::vector<DeviceWish>> to_devices(std::vector<m::BlockDeviceMapping> const& given) {
  if (given.size() > kMaxDevices)
    return images::invalid_mapping("An instance can have at most 100 block devices");
  std::vector<DeviceWish> out;
  for (auto const& item : given) {
    auto device = TRY(to_device(item));
    if (std::ranges::find(out, device.device_name, &DeviceWish::device_name) != out.end())
      return images::invalid_mapping("The device '" + device.device_name +
                                     "' is used in more than one block-device mapping");
    out.push_back(std::move(device));
  }
  return out;
}

/// Packer sends empty texts where it was told nothing, and EC2 takes them for that.
bool is_given(std::optional<std::string> const& text) { return text && !text->empty(); }

/// There is one zone, and no groups and hosts to choose from: whoever names another one is told so.
Result<void> check_placement(m::Placement const& placement, std::string const& zone,
                             std::string const& zone_id) {
  for (auto const& [given, known] :
       {std::pair(&placement.availability_zone, &zone), {&placement.availability_zone_id, &zone_id}})
    if (is_given(*given) && **given != *known)
      return images::invalid_parameter_value("Invalid availability zone: [" + **given + "]");
  if (is_given(placement.tenancy) && *placement.tenancy != "default")
    return images::unsupported("The tenancy " + *placement.tenancy + " is not supported.");
  for (auto const* group : {&placement.group_name, &placement.group_id})
    if (is_given(*group))
      return fail(Fault::not_found, "InvalidPlacementGroup.Unknown",
                  "The Placement Group '" + **group + "' is unknown.");
  bool const by_default = !is_given(placement.affinity) || *placement.affinity == "default";
  if (!by_default || is_given(placement.host_id) || is_given(placement.host_resource_group_arn))
    return images::unsupported("Dedicated hosts are not supported.");
  if (placement.partition_number || is_given(placement.spread_domain))
    return images::unsupported("Placement by partition or spread domain is not supported.");
  return {};
}

/// There is one network: whoever names another one is told so.
Result<void> check_network(std::string const& account, std::string const& region,
                           m::RunInstancesRequest const& request) {
  auto const network = instances::default_network(account, region);
  auto const check_subnet = [&](std::optional<std::string> const& id) -> Result<void> {
    if (!is_given(id) || *id == network.subnet_id) return {};
    return fail(Fault::not_found, "InvalidSubnetID.NotFound", "The subnet ID '" + *id + "' does not exist");
  };
  auto const check_group = [&](std::string const& id, std::string_view known) -> Result<void> {
    if (id == known) return {};
    return fail(Fault::not_found, "InvalidGroup.NotFound", "The security group '" + id + "' does not exist");
  };
  TRY(check_subnet(request.subnet_id));
  for (auto const& id : request.security_group_id) TRY(check_group(id, network.security_group_id));
  for (auto const& name : request.security_group) TRY(check_group(name, instances::kSecurityGroupName));
  if (request.network_interface.size() > 1)
    return images::unsupported("An instance has one network interface.");
  for (auto const& interface : request.network_interface) {
    if (interface.device_index.value_or(0) != 0)
      return images::unsupported("The one network interface of an instance has the device index 0.");
    TRY(check_subnet(interface.subnet_id));
    for (auto const& id : interface.security_group_id) TRY(check_group(id, network.security_group_id));
  }
  if (!request.placement) return {};
  return check_placement(*request.placement, network.availability_zone, zone_id_of(region));
}

Result<void> take_metadata(m::InstanceMetadataOptionsRequest const& given, LaunchRequest& out) {
  if (given.http_tokens) {
    if (*given.http_tokens != "required" && *given.http_tokens != "optional")
      return images::invalid_parameter_value("Value (" + *given.http_tokens +
                                             ") for parameter HttpTokens is invalid.");
    out.tokens_required = *given.http_tokens == "required";
  }
  if (given.http_put_response_hop_limit) {
    if (*given.http_put_response_hop_limit < 1 || *given.http_put_response_hop_limit > kMaxHops)
      return images::invalid_parameter_value("HttpPutResponseHopLimit must be from 1 to 64");
    out.hop_limit = *given.http_put_response_hop_limit;
  }
  if (given.http_endpoint) out.metadata_enabled = TRY(to_switch(*given.http_endpoint, "HttpEndpoint"));
  bool const over_ipv6 =
      is_given(given.http_protocol_ipv6) && TRY(to_switch(*given.http_protocol_ipv6, "HttpProtocolIpv6"));
  if (over_ipv6) return images::unsupported("Instance metadata over IPv6 is not supported.");
  if (given.instance_metadata_tags)
    out.metadata_tags = TRY(to_switch(*given.instance_metadata_tags, "InstanceMetadataTags"));
  return {};
}

Result<void> check_counts(std::int32_t least, std::int32_t most) {
  if (least < 1) return images::invalid_parameter_value("MinCount must be at least 1");
  if (most < least) return images::invalid_parameter_value("MaxCount must not be smaller than MinCount");
  if (most > kMostAtOnce) return images::invalid_parameter_value("MaxCount must be at most 1000");
  return {};
}

}  // namespace

Result<Bytes> to_user_data(std::string const& base64) {
  auto decoded = from_base64(base64);
  if (!decoded) return images::invalid_parameter_value("Invalid BASE64 encoding of user data");
  if (decoded->size() > kMaxUserDataBytes)
    return images::invalid_parameter_value("User data is limited to 16384 bytes");
  return *std::move(decoded);
}

Result<bool> to_shutdown_behavior(std::string const& text) {
  if (text == "stop" || text == "terminate") return text == "terminate";
  return images::invalid_parameter_value("Value (" + text.substr(0, 100) +
                                         ") for parameter instanceInitiatedShutdownBehavior is invalid.");
}

Result<LaunchRequest> check_run_instances(std::string const& account, std::string const& region,
                                          m::RunInstancesRequest const& request) {
  LaunchRequest out;
  out.image_id = TRY(images::ImageId::parse(request.image_id)).text();
  TRY(check_counts(request.min_count, request.max_count));
  out.least = request.min_count;
  out.most = request.max_count;
  auto const type_name = request.instance_type.value_or(std::string(instances::kDefaultInstanceType));
  auto const* type = instances::find_instance_type(type_name);
  if (type == nullptr)
    return images::invalid_parameter_value("Invalid value '" + type_name + "' for InstanceType.");
  out.type = *type;
  out.devices = TRY(to_devices(request.block_device_mapping));
  TRY(check_network(account, region, request));
  out.key_name = request.key_name.value_or("");
  out.user_data = TRY(to_user_data(request.user_data.value_or("")));
  if (request.metadata_options) TRY(take_metadata(*request.metadata_options, out));
  out.termination_protected = request.disable_api_termination.value_or(false);
  out.stop_protected = request.disable_api_stop.value_or(false);
  out.terminates_on_shutdown =
      TRY(to_shutdown_behavior(request.instance_initiated_shutdown_behavior.value_or("stop")));
  if (auto const& profile = request.iam_instance_profile;
      profile && (is_given(profile->arn) || is_given(profile->name)))
    return images::unsupported("Instance profiles are not supported.");
  out.client_token = request.client_token.value_or("");
  if (request.client_token) TRY(check_client_token(out.client_token, kMaxClientTokenBytes));
  out.instance_tags =
      TRY(tags_for(request.tag_specification, "instance", {"instance", "volume", "network-interface"}));
  out.volume_tags =
      TRY(tags_for(request.tag_specification, "volume", {"instance", "volume", "network-interface"}));
  return out;
}

}  // namespace argosy::ec2
