// ec2/describe_instance_types.cpp - see describe_instance_types.h.
#include "ec2/describe_instance_types.h"

#include "ec2/dry_run.h"
#include "ec2/facts.h"
#include "ec2/page.h"
#include "images/errors.h"
#include "instances/instance_type.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::InstanceType;

constexpr std::int32_t kMinResults = 5;
constexpr std::int32_t kMaxResults = 100;

std::string flag(bool value) { return value ? "true" : "false"; }

template <class List>
std::vector<std::string> texts(List const& list) {
  return {list.begin(), list.end()};
}

m::InstanceTypeInfo to_shape(InstanceType const& type) {
  auto const cores = type.vcpus / type.threads_per_core;
  m::InstanceTypeInfo out;
  out.instance_type = std::string(type.name);
  out.current_generation = type.current_generation;
  out.free_tier_eligible = false;
  out.supported_usage_classes = {"on-demand"};
  out.supported_root_device_types = {"ebs"};
  out.supported_virtualization_types = {"hvm"};
  out.bare_metal = false;
  out.hypervisor = "xen";
  out.processor_info.emplace().supported_architectures = texts(instances::kArchitectures);
  auto& vcpu = out.vcpu_info.emplace();
  vcpu.default_vcpus = type.vcpus;
  vcpu.default_cores = cores;
  vcpu.default_threads_per_core = type.threads_per_core;
  vcpu.valid_cores = {cores};
  vcpu.valid_threads_per_core = {type.threads_per_core};
  out.memory_info.emplace().size_in_mib = type.memory_mib;
  out.instance_storage_supported = false;
  auto& ebs = out.ebs_info.emplace();
  ebs.ebs_optimized_support = "unsupported";
  ebs.encryption_support = "supported";
  ebs.nvme_support = "unsupported";
  auto& network = out.network_info.emplace();
  network.maximum_network_interfaces = 1;
  network.maximum_network_cards = 1;
  network.default_network_card_index = 0;
  network.ipv4_addresses_per_interface = 1;
  network.ipv6_addresses_per_interface = 0;
  network.ipv6_supported = false;
  network.ena_support = "unsupported";
  network.efa_supported = false;
  network.encryption_in_transit_supported = false;
  out.hibernation_supported = false;
  out.burstable_performance_supported = type.burstable;
  out.dedicated_hosts_supported = false;
  out.auto_recovery_supported = false;
  out.supported_boot_modes = texts(instances::kBootModes);
  return out;
}

/// Source of the names: API_DescribeInstanceTypes; those that a type here can be asked by.
Facts facts_of(InstanceType const& type) {
  auto const cores = std::to_string(type.vcpus / type.threads_per_core);
  return {{"auto-recovery-supported", {"false"}},
          {"bare-metal", {"false"}},
          {"burstable-performance-supported", {flag(type.burstable)}},
          {"current-generation", {flag(type.current_generation)}},
          {"dedicated-hosts-supported", {"false"}},
          {"ebs-info.ebs-optimized-support", {"unsupported"}},
          {"ebs-info.encryption-support", {"supported"}},
          {"ebs-info.nvme-support", {"unsupported"}},
          {"free-tier-eligible", {"false"}},
          {"hibernation-supported", {"false"}},
          {"hypervisor", {"xen"}},
          {"instance-storage-supported", {"false"}},
          {"instance-type", {std::string(type.name)}},
          {"memory-info.size-in-mib", {std::to_string(type.memory_mib)}},
          {"network-info.efa-supported", {"false"}},
          {"network-info.ena-support", {"unsupported"}},
          {"network-info.ipv4-addresses-per-interface", {"1"}},
          {"network-info.ipv6-addresses-per-interface", {"0"}},
          {"network-info.ipv6-supported", {"false"}},
          {"network-info.maximum-network-interfaces", {"1"}},
          {"processor-info.supported-architecture", texts(instances::kArchitectures)},
          {"supported-boot-mode", texts(instances::kBootModes)},
          {"supported-root-device-type", {"ebs"}},
          {"supported-usage-class", {"on-demand"}},
          {"supported-virtualization-type", {"hvm"}},
          {"vcpu-info.default-cores", {cores}},
          {"vcpu-info.default-threads-per-core", {std::to_string(type.threads_per_core)}},
          {"vcpu-info.default-vcpus", {std::to_string(type.vcpus)}},
          {"vcpu-info.valid-cores", {cores}},
          {"vcpu-info.valid-threads-per-core", {std::to_string(type.threads_per_core)}}};
}

Result<void> check_known(std::vector<std::string> const& asked) {
  std::vector<std::string> unknown;
  for (auto const& name : asked)
    if (instances::find_instance_type(name) == nullptr) unknown.push_back(name);
  if (unknown.empty()) return {};
  return fail(Fault::invalid, "InvalidInstanceType",
              "The following supplied instance types do not exist: [" + images::join(unknown) + "]");
}

}  // namespace

Result<m::DescribeInstanceTypesResponse> describe_instance_types(
    access::Caller const& caller, crypto::Key const& token_key,
    m::DescribeInstanceTypesRequest const& request) {
  if (!request.instance_type.empty() && request.max_results)
    return images::invalid_parameter_combination("MaxResults cannot be used together with InstanceType.");
  auto page = TRY(parse_page(token_key, caller.account, request, kMinResults, kMaxResults));
  TRY(stop_if_dry_run(request.dry_run));
  TRY(check_known(request.instance_type));
  m::DescribeInstanceTypesResponse response;
  auto& found = response.instance_type_set;
  for (auto const& type : instances::instance_types()) {
    bool const wanted = TRY(holds(request.filter, facts_of(type)));
    if (!wanted || !is_asked(request.instance_type, type.name) || type.name <= page.after.id) continue;
    found.push_back(to_shape(type));
    if (!page.take({"", std::string(type.name)}, wire::size_of_parts(found.back()))) break;
  }
  response.next_token = next_token(token_key, caller.account, request, page);
  return response;
}

}  // namespace argosy::ec2
