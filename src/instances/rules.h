// instances/rules.h - which changes of state an owner may ask of an instance: pure. Source: ec2-semantics
// B19; EC2 User Guide, "Instance lifecycle".
#pragma once
#include "instances/errors.h"
#include "instances/instance.h"

namespace argosy::instances {

/// Each gives the instance as it is to be stored, the same one if it is already on its way there. Fails with
/// IncorrectInstanceState.
Result<Instance> start(Instance instance, Time now);
/// Fails with OperationNotPermitted on one that is protected.
Result<Instance> stop(Instance instance, Time now);
/// One that is terminated is left as it is.
Result<Instance> reboot(Instance instance);
/// Fails with OperationNotPermitted on one that is protected; never because of its state.
Result<Instance> terminate(Instance instance, Time now);

/// "User initiated (2026-05-09 14:22:31 GMT)".
std::string user_initiated(Time now);

}  // namespace argosy::instances
