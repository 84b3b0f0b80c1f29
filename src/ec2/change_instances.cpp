// ec2/change_instances.cpp - see change_instances.h.
#include "ec2/change_instances.h"

#include <algorithm>

#include "catalogue/instances.h"
#include "ec2/dry_run.h"
#include "ec2/instance_shapes.h"
#include "ec2/launch_request.h"
#include "instances/errors.h"
#include "instances/instance_type.h"
#include "instances/rules.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::Instance;

constexpr std::size_t kMostIds = 1'000;

/// The caller's own, each once, in the order in which he names them.
Result<std::vector<Instance>> find_all(catalogue::Transaction& tx, access::Caller const& caller,
                                       std::vector<std::string> const& ids, bool dry_run) {
  if (ids.empty()) return images::missing_parameter("InstanceId");
  if (ids.size() > kMostIds) return images::invalid_parameter_value("A call can name at most 1000 instances");
  for (auto const& id : ids) TRY(instances::check_instance_id(id));
  TRY(stop_if_dry_run(dry_run));
  std::vector<Instance> out;
  std::vector<std::string> missing;
  for (auto const& id : ids) {
    if (std::ranges::find(out, id, &Instance::id) != out.end()) continue;
    auto found = TRY(catalogue::find_instance(tx, id));
    if (!found || found->account != caller.account) {
      missing.push_back(id);
    } else {
      out.push_back(*std::move(found));
    }
  }
  if (!missing.empty()) return instances::instance_not_found(missing);
  return out;
}

/// Which attribute, and the text of its new value: a boolean as "true" or "false".
struct NewAttribute {
  std::string name;
  std::string value;
};
Result<NewAttribute> new_attribute(m::ModifyInstanceAttributeRequest const& request) {
  std::vector<NewAttribute> given;
  auto const take_flag = [&](auto const& flag, char const* name) {
    if (flag) given.push_back({name, flag->value.value_or(false) ? "true" : "false"});
  };
  auto const take_text = [&](auto const& text, char const* name) {
    if (text) given.push_back({name, text->value ? std::string(*text->value) : ""});
  };
  take_flag(request.source_dest_check, "sourceDestCheck");
  take_flag(request.disable_api_stop, "disableApiStop");
  take_flag(request.disable_api_termination, "disableApiTermination");
  take_text(request.instance_initiated_shutdown_behavior, "instanceInitiatedShutdownBehavior");
  take_text(request.user_data, "userData");
  if (request.attribute) given.push_back({*request.attribute, request.value.value_or("")});
  if (given.empty()) return images::missing_parameter("Attribute");
  if (given.size() > 1)
    return images::invalid_parameter_combination("Only one attribute can be modified by a call");
  return given.front();
}

Result<bool> to_flag(NewAttribute const& attribute) {
  if (attribute.value == "true" || attribute.value == "false") return attribute.value == "true";
  return images::invalid_parameter_value("Value (" + attribute.value.substr(0, 100) + ") for parameter " +
                                         attribute.name + " is invalid.");
}

/// Exactly one of these.
struct Change {
  std::optional<bool> termination_protected;
  std::optional<bool> stop_protected;
  std::optional<bool> terminates_on_shutdown;
  std::optional<Bytes> user_data;
};
Result<Change> to_change(NewAttribute const& attribute) {
  auto const& name = attribute.name;
  Change out;
  if (name == "disableApiTermination") {
    out.termination_protected = TRY(to_flag(attribute));
  } else if (name == "disableApiStop") {
    out.stop_protected = TRY(to_flag(attribute));
  } else if (name == "instanceInitiatedShutdownBehavior") {
    out.terminates_on_shutdown = TRY(to_shutdown_behavior(attribute.value));
  } else if (name == "userData") {
    out.user_data = TRY(to_user_data(attribute.value));
  } else {
    return images::unsupported("The attribute " + name.substr(0, 100) +
                               " of an instance cannot be modified.");
  }
  return out;
}

Result<void> apply(Change const& change, Instance& instance) {
  if (change.user_data && instance.state != instances::InstanceState::stopped)
    return instances::incorrect_instance_state(instance.id, "must be stopped to modify its user data.");
  if (change.termination_protected) instance.termination_protected = *change.termination_protected;
  if (change.stop_protected) instance.stop_protected = *change.stop_protected;
  if (change.terminates_on_shutdown) instance.terminates_on_shutdown = *change.terminates_on_shutdown;
  if (change.user_data) instance.user_data = *change.user_data;
  return {};
}

/// `change` decides for each; all are saved, and the answer says from where to where.
template <class Change>
Result<m::InstanceStateChanges> change_all(catalogue::Transaction& tx, std::vector<Instance> const& found,
                                           Change const& change) {
  m::InstanceStateChanges out;
  for (auto const& instance : found) {
    auto const changed = TRY(change(instance));
    TRY(catalogue::save_instance(tx, changed));
    out.instances_set.push_back({instance.id, to_shape(changed.state), to_shape(instance.state)});
  }
  return out;
}

}  // namespace

Result<m::InstanceStateChanges> start_instances(catalogue::Transaction& tx, access::Caller const& caller,
                                                Time now, HostRoom const& room,
                                                m::StartInstancesRequest const& request) {
  auto const found = TRY(find_all(tx, caller, request.instance_id, request.dry_run));
  return change_all(tx, found, [&](Instance const& instance) -> Result<Instance> {
    if (instance.state == instances::InstanceState::stopped)
      TRY(check_room_to_start(tx, caller, room, instance));
    return instances::start(instance, now);
  });
}

Result<m::InstanceStateChanges> stop_instances(catalogue::Transaction& tx, access::Caller const& caller,
                                               Time now, m::StopInstancesRequest const& request) {
  if (request.hibernate.value_or(false)) return images::unsupported("Hibernation is not supported.");
  auto const found = TRY(find_all(tx, caller, request.instance_id, request.dry_run));
  bool const at_once = request.force.value_or(false) || request.skip_os_shutdown.value_or(false);
  return change_all(tx, found, [&](Instance const& instance) -> Result<Instance> {
    auto stopped = TRY(instances::stop(instance, now));
    if (stopped.state == instances::InstanceState::stopping) stopped.stop_at_once |= at_once;
    return stopped;
  });
}

Result<m::InstanceStateChanges> terminate_instances(catalogue::Transaction& tx, access::Caller const& caller,
                                                    Time now, m::TerminateInstancesRequest const& request) {
  auto const found = TRY(find_all(tx, caller, request.instance_id, request.dry_run));
  bool const at_once = request.force.value_or(false) || request.skip_os_shutdown.value_or(false);
  return change_all(tx, found, [&](Instance const& instance) -> Result<Instance> {
    auto terminated = TRY(instances::terminate(instance, now));
    if (terminated.state == instances::InstanceState::shutting_down) terminated.stop_at_once |= at_once;
    return terminated;
  });
}

Result<m::RebootInstancesResponse> reboot_instances(catalogue::Transaction& tx, access::Caller const& caller,
                                                    m::RebootInstancesRequest const& request) {
  auto const found = TRY(find_all(tx, caller, request.instance_id, request.dry_run));
  TRY(change_all(tx, found, [](Instance const& instance) { return instances::reboot(instance); }));
  return m::RebootInstancesResponse{};
}

Result<m::ModifyInstanceAttributeResponse> modify_instance_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::ModifyInstanceAttributeRequest const& request) {
  TRY(instances::check_instance_id(request.instance_id));
  auto const attribute = TRY(new_attribute(request));
  auto const change = TRY(to_change(attribute));
  TRY(stop_if_dry_run(request.dry_run));
  auto instance = TRY(catalogue::find_owned_instance(tx, caller.account, request.instance_id));
  TRY(apply(change, instance));
  TRY(catalogue::save_instance(tx, instance));
  return m::ModifyInstanceAttributeResponse{};
}

}  // namespace argosy::ec2
