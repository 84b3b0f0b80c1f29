// ec2/machine_limits.h - how many machines an account may run and the host still takes.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "instances/capacity.h"
#include "instances/instance.h"
#include "instances/instance_type.h"

namespace argosy::ec2 {

/// What the host takes: of this process, all its regions together.
struct HostRoom {
  instances::Capacity limit;
  instances::Capacity used_elsewhere;  ///< by the other regions
};

/// Machines that are to start.
struct Wanted {
  instances::InstanceType const& type;
  std::int64_t disks;  ///< of each
  std::int64_t least = 1;
  std::int64_t most = 1;
};

/// How many may be started now: at most `most`. Fails with InstanceLimitExceeded, VcpuLimitExceeded,
/// InsufficientInstanceCapacity if that is less than `least`.
Result<std::int64_t> count_allowed(catalogue::Transaction& tx, access::Caller const& caller,
                                   HostRoom const& room, Wanted const& wanted);
/// The same of one that is stopped.
Result<void> check_room_to_start(catalogue::Transaction& tx, access::Caller const& caller,
                                 HostRoom const& room, instances::Instance const& instance);

}  // namespace argosy::ec2
