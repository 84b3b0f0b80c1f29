// server/machine_facts.cpp - see machine_facts.h.
#include "server/machine_facts.h"

#include "catalogue/instances.h"
#include "catalogue/tags.h"
#include "catalogue/volumes.h"
#include "ec2/regions.h"
#include "instances/default_network.h"
#include "sql/in_transaction.h"

namespace argosy::server {
namespace {

using instances::Instance;

void add_network(metadata::Facts& out, Instance const& instance, std::string const& region) {
  auto const network = instances::default_network(instance.account, region);
  out.availability_zone = network.availability_zone;
  out.availability_zone_id = ec2::zone_id_of(region);
  out.local_ipv4 = instance.address;
  out.local_hostname = instances::private_dns_name(instance.address, region);
  out.mac = instance.mac_address;
  out.interface_id = "eni-" + instance.id.substr(2);
  out.subnet_id = network.subnet_id;
  out.subnet_cidr_block = instances::kSubnetCidrBlock;
  out.vpc_id = network.vpc_id;
  out.vpc_cidr_block = instances::kVpcCidrBlock;
  out.security_groups = {{network.security_group_id, std::string(instances::kSecurityGroupName)}};
}

/// As EC2 names them: "ami" and "root" are the root device, the others count from 1.
Result<void> add_devices(catalogue::Transaction& tx, metadata::Facts& out, Instance const& instance) {
  out.block_devices = {{"ami", instance.root_device_name}, {"root", instance.root_device_name}};
  auto const volumes = TRY(catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name));
  int number = 0;
  for (auto const& volume : volumes)
    if (volume.device_name != instance.root_device_name)
      out.block_devices.emplace_back("ebs" + std::to_string(++number), volume.device_name);
  return {};
}

Result<std::optional<metadata::Facts>> find_facts(catalogue::Transaction& tx, std::string const& region,
                                                  std::string const& id) {
  auto const instance = TRY(catalogue::find_instance(tx, id));
  if (!instance || instance->state == instances::InstanceState::terminated) return std::nullopt;
  metadata::Facts out;
  out.instance_id = instance->id;
  out.image_id = instance->image_id;
  out.instance_type = instance->instance_type;
  out.architecture = instance->architecture;
  out.account = instance->account;
  out.reservation_id = instance->reservation_id;
  out.launch_index = instance->launch_index;
  out.launched = instance->launched;
  out.region = region;
  add_network(out, *instance, region);
  out.key_name = instance->key_name;
  out.public_key = instance->public_key;
  out.user_data = instance->user_data;
  TRY(add_devices(tx, out, *instance));
  if (instance->metadata.tags) {
    out.tags.emplace();
    auto const tags = TRY(catalogue::list_tags(tx, instance->account, id));
    for (auto const& tag : tags) (*out.tags)[tag.key] = tag.value;
  }
  out.enabled = instance->metadata.enabled;
  out.tokens_required = instance->metadata.tokens_required;
  return out;
}

}  // namespace

Result<std::optional<metadata::Facts>> find_machine_facts(sql::Pool& catalogue, std::string const& region,
                                                          std::string const& instance_id) {
  return sql::in_transaction(catalogue, sql::Access::read,
                             [&](catalogue::Transaction& tx) { return find_facts(tx, region, instance_id); });
}

}  // namespace argosy::server
