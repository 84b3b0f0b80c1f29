// instances/rules.cpp - see rules.h.
#include "instances/rules.h"

namespace argosy::instances {
namespace {

std::unexpected<Error> not_permitted(Instance const& instance, std::string_view what,
                                     std::string_view attribute) {
  return fail(Fault::denied, "OperationNotPermitted",
              "The instance '" + instance.id + "' may not be " + std::string(what) + ". Modify its '" +
                  std::string(attribute) + "' instance attribute and try again.");
}

}  // namespace

std::string user_initiated(Time now) {
  auto text = to_iso8601(now).substr(0, 19);
  text[10] = ' ';
  return "User initiated (" + text + " GMT)";
}

Result<Instance> start(Instance instance, Time now) {
  if (instance.state == InstanceState::running || instance.state == InstanceState::pending) return instance;
  if (instance.state != InstanceState::stopped)
    return incorrect_instance_state(instance.id, "is not in a state from which it can be started.");
  instance.state = InstanceState::pending;
  instance.state_reason_code.clear();
  instance.state_reason.clear();
  instance.transition_reason.clear();
  instance.stop_at_once = false;  // of a stop before
  instance.launched = instance.changed = now;
  return instance;
}

Result<Instance> stop(Instance instance, Time now) {
  if (instance.stop_protected) return not_permitted(instance, "stopped", "disableApiStop");
  if (instance.state == InstanceState::stopped || instance.state == InstanceState::stopping) return instance;
  if (instance.state != InstanceState::running && instance.state != InstanceState::pending)
    return incorrect_instance_state(instance.id, "is not in a state from which it can be stopped.");
  instance.state = InstanceState::stopping;
  instance.state_reason_code = "Client.UserInitiatedShutdown";
  instance.state_reason = "Client.UserInitiatedShutdown: User initiated shutdown";
  instance.transition_reason = user_initiated(now);
  instance.changed = now;
  return instance;
}

Result<Instance> reboot(Instance instance) {
  if (instance.state == InstanceState::terminated) return instance;
  if (instance.state != InstanceState::running)
    return incorrect_instance_state(instance.id, "is not in a state from which it can be rebooted.");
  instance.reboot_wanted = true;
  return instance;
}

Result<Instance> terminate(Instance instance, Time now) {
  if (instance.termination_protected) return not_permitted(instance, "terminated", "disableApiTermination");
  if (instance.state == InstanceState::terminated || instance.state == InstanceState::shutting_down)
    return instance;
  instance.state = InstanceState::shutting_down;
  instance.state_reason_code = "Client.UserInitiatedShutdown";
  instance.state_reason = "Client.UserInitiatedShutdown: User initiated shutdown";
  instance.transition_reason = user_initiated(now);
  instance.changed = now;
  return instance;
}

}  // namespace argosy::instances
