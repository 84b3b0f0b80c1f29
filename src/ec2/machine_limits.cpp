// ec2/machine_limits.cpp - see machine_limits.h.
#include "ec2/machine_limits.h"

#include "catalogue/instances.h"
#include "catalogue/volumes.h"
#include "instances/errors.h"

namespace argosy::ec2 {
namespace {

/// Not one of them would run, however many others stop.
std::unexpected<Error> too_large(instances::InstanceType const& type, instances::Capacity const& each,
                                 instances::Capacity const& limit) {
  bool const by_vcpus = each.vcpus > limit.vcpus;
  auto const needed = by_vcpus ? std::to_string(each.vcpus) + " vCPUs"
                               : std::to_string(each.memory_mib) + " MiB of memory with what serves it";
  return instances::insufficient_capacity(
      "A machine of type " + std::string(type.name) + " needs " + needed +
      ". All of this host's together have " + std::to_string(by_vcpus ? limit.vcpus : limit.memory_mib) +
      ". Use a smaller type, or ask the operator to raise machines." + (by_vcpus ? "vcpus." : "memory_mib."));
}

/// Those that run: of the account, and on the host.
Result<std::int64_t> fit_running(catalogue::Transaction& tx, access::Caller const& caller,
                                 HostRoom const& room, Wanted const& wanted, std::int64_t most) {
  auto const& type = wanted.type;
  auto const& limits = caller.limits;
  auto const own = TRY(catalogue::count_machines(tx, caller.account));
  auto const by_account = instances::how_many_fit({0, limits.vcpus, limits.memory_mib}, own,
                                                  {0, type.vcpus, type.memory_mib}, most);
  if (by_account < wanted.least)
    return fail(
        Fault::limit, "VcpuLimitExceeded",
        "The instances that run in this region and these would need more than " +
            std::to_string(limits.vcpus) + " vCPUs or " + std::to_string(limits.memory_mib) +
            " MiB of memory, the limits of this account. Stop instances that are not needed, or ask the "
            "operator to raise account_limits.vcpus or account_limits.memory_mib.");
  auto used = TRY(catalogue::count_load(tx));
  used += room.used_elsewhere;
  auto const each = instances::with_overhead({1, type.vcpus, type.memory_mib}, wanted.disks);
  if (instances::how_many_fit(room.limit, {}, each, 1) == 0) return too_large(type, each, room.limit);
  auto const by_host = instances::how_many_fit(room.limit, used, each, by_account);
  if (by_host < wanted.least)
    return instances::insufficient_capacity(
        "This host has no room for " + std::to_string(wanted.least) + " more of type " +
        std::string(type.name) + ". Use a smaller type, or try again when other machines have stopped.");
  return by_host;
}

}  // namespace

Result<std::int64_t> count_allowed(catalogue::Transaction& tx, access::Caller const& caller,
                                   HostRoom const& room, Wanted const& wanted) {
  auto const own = TRY(catalogue::count_machines(tx, caller.account));
  auto const by_count = instances::how_many_fit({caller.limits.instances, 0, 0}, own, {1, 0, 0}, wanted.most);
  if (by_count < wanted.least)
    return instances::instance_limit_exceeded(
        access::limit_message("instances in this region", caller.limits.instances, "instances",
                              "Terminate instances that are not needed"));
  return fit_running(tx, caller, room, wanted, by_count);
}

Result<void> check_room_to_start(catalogue::Transaction& tx, access::Caller const& caller,
                                 HostRoom const& room, instances::Instance const& instance) {
  auto const* type = instances::find_instance_type(instance.instance_type);
  if (type == nullptr)
    return instances::insufficient_capacity("The type " + instance.instance_type +
                                            " is not offered any more.");
  auto const volumes = TRY(catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name));
  TRY(fit_running(tx, caller, room, {*type, static_cast<std::int64_t>(volumes.size())}, 1));
  return {};
}

}  // namespace argosy::ec2
