// launcher/launcher.cpp - see launcher.h.
#include "launcher/launcher.h"

#include <algorithm>

#include "base/log.h"
#include "catalogue/instances.h"
#include "catalogue/volumes.h"
#include "ebs/volume_session.h"
#include "instances/instance_type.h"
#include "launcher/volume_keys.h"
#include "launcher/volume_steps.h"
#include "sql/in_transaction.h"

namespace argosy::launcher {
namespace {

using instances::Instance;
using instances::InstanceState;
using instances::Volume;
using instances::VolumeState;

constexpr Duration kTick = std::chrono::milliseconds(500);
constexpr Duration kIdle = std::chrono::minutes(10);
constexpr std::int64_t kGibBytes = std::int64_t{1} << 30U;
constexpr std::size_t kInstancesAtOnce = 100;

/// Another transaction was in the way, or a frozen disk that is still being read.
bool is_conflict(Error const& error) { return error.fault == Fault::conflict && error.code.empty(); }

/// The machine runs: from now on its volumes' overlays are there, or lost.
Result<void> note_overlays(catalogue::Transaction& tx, Instance const& instance) {
  auto const volumes = TRY(catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name));
  for (auto volume : volumes) {
    volume.overlay = instances::Overlay::there;
    TRY(catalogue::save_volume(tx, volume));
  }
  return {};
}

std::unexpected<Error> was_terminated(std::string const& instance) {
  return fail(Fault::conflict, "the instance " + instance + " was terminated");
}

LaunchFailure unexpected_end(std::string const& reason) {
  return {"Server.InternalError", "Server.InternalError: The machine ended unexpectedly: " + reason};
}

}  // namespace

Result<Time> Launcher::step() {
  TRY(ready_unattached_volumes(catalogue_, keys_, entropy_));
  auto const all_gone = TRY(remove_volumes(catalogue_, driver_));
  auto const busy = TRY(sql::in_transaction(catalogue_, sql::Access::read, [](catalogue::Transaction& tx) {
    return catalogue::list_busy_instances(tx);
  }));
  for (auto const& id : busy)
    if (auto stepped = step_instance(id); !stepped) log_error("{}: {}", id, stepped.error().message);
  TRY(end_idle_waits());
  TRY(forget_terminated());
  return clock_.now() + (busy.empty() && all_gone ? kIdle : kTick);
}

Result<void> Launcher::forget_terminated() {
  auto const before = clock_.now() - instances::kShownAfterTermination;
  auto const ids = TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
    return catalogue::list_terminated_instances(tx, before, kInstancesAtOnce);
  }));
  if (ids.empty()) return {};
  return sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    for (auto const& id : ids) TRY(catalogue::remove_instance(tx, id));
    return {};
  });
}

Result<void> Launcher::step_instance(std::string const& id) {
  auto const instance =
      TRY(sql::in_transaction(catalogue_, sql::Access::read,
                              [&](catalogue::Transaction& tx) { return catalogue::find_instance(tx, id); }));
  if (!instance) return {};
  switch (instance->state) {
    case InstanceState::pending:
      return start(*instance);
    case InstanceState::running:
      return watch(*instance);
    case InstanceState::stopping:
      return stop(*instance);
    case InstanceState::shutting_down:
      return terminate(*instance);
    case InstanceState::stopped:
    case InstanceState::terminated:
      return {};
  }
  return {};
}

/// Changes an instance unless its owner wants something else by now.
Result<void> Launcher::update(std::string const& id, InstanceState expected,
                              std::function<Result<void>(catalogue::Transaction&, Instance&)> const& change) {
  return sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto instance = TRY(catalogue::find_instance(tx, id));
    if (!instance || instance->state != expected) return {};
    TRY(change(tx, *instance));
    return catalogue::save_instance(tx, *instance);
  });
}

Result<machines::Machine> Launcher::prepare(catalogue::Transaction& tx, Instance const& instance) {
  machines::Machine out;
  auto const* type = instances::find_instance_type(instance.instance_type);
  if (type == nullptr)
    return fail(Fault::invalid, "the type " + instance.instance_type + " is not offered any more");
  out.id = instance.id;
  out.vcpus = type->vcpus;
  out.memory_mib = type->memory_mib;
  out.architecture = instance.architecture;
  out.boot_mode = instance.boot_mode;
  out.mac_address = instance.mac_address;
  out.loopback_address = instance.address;
  auto volumes = TRY(catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name));
  for (auto& volume : volumes) {
    if (volume.state == VolumeState::creating) TRY(make_ready(tx, keys_, entropy_, volume));
    auto const opened = TRY(open_volume(tx, keys_, volume));
    auto session = issue(issuer_, volume, opened, clock_.now(), ebs::kVolumeSessionAge, entropy_);
    running_[instance.id][volume.id] = session.expires;
    volume.session = session.sealed;
    bool const was_used = volume.overlay == instances::Overlay::there;
    if (!was_used) volume.overlay = instances::Overlay::possible;
    TRY(catalogue::save_volume(tx, volume));
    out.disks.push_back(
        {volume.id, volume.size_gib * kGibBytes, std::move(session.text), opened.secret, was_used});
  }
  return out;
}

Result<void> Launcher::start(Instance const& instance) {
  auto machine = sql::in_transaction(catalogue_, sql::Access::write,
                                     [&](catalogue::Transaction& tx) { return prepare(tx, instance); });
  if (!machine && is_conflict(machine.error())) return std::unexpected(machine.error());  // again, later
  if (!machine) return give_up(instance, machine.error());
  auto const socket = TRY(listener_.started(instance.id));
  machine->metadata_socket = socket;
  auto const started = driver_.start(*machine);
  if (!started && is_conflict(started.error())) return {};
  if (!started) return give_up(instance, started.error());
  // By itself: that holds whatever the owner wants of it by now.
  TRY(sql::in_transaction(catalogue_, sql::Access::write,
                          [&](catalogue::Transaction& tx) { return note_overlays(tx, instance); }));
  for (auto const& disk : machine->disks)  // of a machine that an earlier process started, too
    if (!disk.session.empty()) TRY(driver_.renew_session(disk.volume_id, disk.session));
  log_info("{} of {} runs ({})", instance.id, instance.account, driver_.acceleration());
  return update(instance.id, InstanceState::pending,
                [&](catalogue::Transaction&, Instance& current) -> Result<void> {
                  current.state = InstanceState::running;
                  current.changed = clock_.now();
                  return {};
                });
}

/// One that never ran is terminated, another one is stopped as it was.
Result<void> Launcher::give_up(Instance const& instance, Error const& error) {
  auto const reason = launch_failure(error);
  log_warning("{} of {} cannot be started: {}", instance.id, instance.account, error.message);
  bool const ran = instance.launched != instance.created;
  TRY(ran ? driver_.kill(instance.id) : driver_.remove(instance.id));
  forget(instance.id);
  return update(instance.id, InstanceState::pending,
                [&](catalogue::Transaction& tx, Instance& current) -> Result<void> {
                  current.state = ran ? InstanceState::stopped : InstanceState::terminated;
                  current.state_reason_code = reason.code;
                  current.state_reason = reason.message;
                  current.transition_reason = reason.code;
                  current.changed = clock_.now();
                  return ran ? Result<void>{} : release_volumes(tx, current);
                });
}

Result<void> Launcher::watch(Instance const& instance) {
  auto const status = TRY(driver_.status(instance.id));
  if (status.power == machines::Power::absent)
    return note_end(instance, unexpected_end("nothing of it is left on the host"));
  if (status.power == machines::Power::stopped) {
    bool const by_guest = status.reason.empty();
    return note_end(instance, by_guest ? std::nullopt : std::optional(unexpected_end(status.reason)));
  }
  auto const served = serve(instance.id);  // also where a reboot waits for the disks
  // A guest that an earlier process asked to reboot for an image does it, too, though nothing waits any more.
  bool const under_way = status.reboots || asked_.contains(instance.id);
  if (instance.reboot_wanted || under_way || waits_for_reboot(instance.id))
    TRY(reboot(instance, status.reboots));
  TRY(driver_.tend(instance.id));
  return served;
}

/// What every machine that runs needs, whatever its owner wants of it.
Result<void> Launcher::look_after(std::string const& instance) {
  auto const served = serve(instance);
  TRY(driver_.tend(instance));
  return served;
}

/// What a guest asks, and what its disks are read by.
Result<void> Launcher::serve(std::string const& instance) {
  if (!running_.contains(instance)) TRY(listener_.started(instance));  // this process is a new one
  return renew_sessions(instance);
}

/// What began to wait for a reboot when its machine was just going off.
Result<void> Launcher::end_idle_waits() {
  std::vector<std::string> ids;
  {
    std::lock_guard lock(mutex_);
    for (auto const& [id, wait] : after_reboot_) ids.push_back(id);
  }
  for (auto const& id : ids) {
    auto const instance =
        TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
          return catalogue::find_instance(tx, id);
        }));
    if (!instance || instance->state == InstanceState::terminated)
      end_wait_for_reboot(id, was_terminated(id));
    else if (instance->state == InstanceState::stopped)
      end_wait_for_reboot(id, {});
  }
  return {};
}

/// A machine that its owner wants to run does not; with nothing, since its guest has shut down.
Result<void> Launcher::note_end(Instance const& instance, std::optional<LaunchFailure> const& why) {
  bool const by_guest = !why;
  auto const reason = why.value_or(LaunchFailure{
      "Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"});
  log_info("{} of {} ended: {}", instance.id, instance.account, reason.message);
  TRY(driver_.kill(instance.id));
  forget(instance.id);
  return update(instance.id, InstanceState::running,
                [&](catalogue::Transaction&, Instance& current) -> Result<void> {
                  current.state = by_guest && current.terminates_on_shutdown ? InstanceState::shutting_down
                                                                             : InstanceState::stopped;
                  current.state_reason_code = reason.code;
                  current.state_reason = reason.message;
                  current.transition_reason = "";
                  current.reboot_wanted = false;
                  current.changed = clock_.now();
                  return {};
                });
}

Result<bool> Launcher::waits_for_guest(Instance const& instance, Duration patience) {
  bool const in_time = has_time(instance, false, patience);
  auto const status = TRY(driver_.status(instance.id));  // after that: one off for a reboot shall not boot
  return in_time && status.power == machines::Power::running;
}

bool Launcher::has_time(Instance const& instance, bool to_reboot, Duration patience) {
  auto const& id = instance.id;
  auto const now = clock_.now();
  auto& asked = asked_.try_emplace(id, Asked{now, to_reboot, false}).first->second;
  if (asked.to_reboot != to_reboot) asked = {now, to_reboot, false};
  if (!asked.heard) {
    auto const told = to_reboot ? tell_to_reboot(instance) : driver_.press_power_button(id);
    if (told) asked = {now, to_reboot, true};
    if (!told) log_warning("{}: {}", id, told.error().message);  // again, with the next step
  }
  return now < asked.since + patience;
}

void Launcher::forget(std::string const& instance) {
  listener_.ended(instance);
  running_.erase(instance);
  asked_.erase(instance);
}

/// What is read of a machine for a snapshot or an image is read from its process, which stays until then
/// unless its owner is in a hurry.
Result<bool> Launcher::waits_for_captures(Instance const& instance) {
  if (instance.stop_at_once || waits_for_reboot(instance.id)) return false;
  return sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
    return catalogue::is_captured(tx, instance.id);
  });
}

Result<void> Launcher::stop(Instance const& instance) {
  bool waits = TRY(waits_for_captures(instance));
  if (waits) return look_after(instance.id);
  if (!instance.stop_at_once) waits = TRY(waits_for_guest(instance, kShutdownPatience));
  if (waits) return look_after(instance.id);
  TRY(driver_.kill(instance.id));
  forget(instance.id);
  end_wait_for_reboot(instance.id, {});  // as it is now, it is what a reboot would have left
  return update(instance.id, InstanceState::stopping,
                [&](catalogue::Transaction& tx, Instance& current) -> Result<void> {
                  auto const volumes =
                      TRY(catalogue::list_attached_volumes(tx, current.id, current.root_device_name));
                  for (auto volume : volumes) {
                    volume.session.clear();
                    TRY(catalogue::save_volume(tx, volume));
                  }
                  current.state = InstanceState::stopped;
                  current.stop_at_once = false;
                  current.reboot_wanted = false;
                  current.changed = clock_.now();
                  return {};
                });
}

/// A guest whose volumes all go is not asked: nobody will read what it had still to write.
Result<void> Launcher::terminate(Instance const& instance) {
  bool waits = TRY(waits_for_captures(instance));
  if (waits) return look_after(instance.id);
  auto const volumes =
      TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
        return catalogue::list_attached_volumes(tx, instance.id, instance.root_device_name);
      }));
  bool const something_stays =
      std::ranges::any_of(volumes, [](Volume const& volume) { return !volume.delete_on_termination; });
  if (something_stays && !instance.stop_at_once) waits = TRY(waits_for_guest(instance, kTerminationPatience));
  if (waits) return look_after(instance.id);
  end_wait_for_reboot(instance.id, was_terminated(instance.id));
  TRY(driver_.remove(instance.id));
  forget(instance.id);
  return update(instance.id, InstanceState::shutting_down,
                [&](catalogue::Transaction& tx, Instance& current) -> Result<void> {
                  current.state = InstanceState::terminated;
                  current.changed = clock_.now();
                  return release_volumes(tx, current);
                });
}

Result<std::optional<std::string>> Launcher::console(std::string const& instance) {
  return driver_.console(instance);
}

Result<bool> Launcher::runs(std::string const& instance) {
  auto const status = TRY(driver_.status(instance));
  return status.power == machines::Power::running;
}

Result<std::vector<std::unique_ptr<machines::FrozenDisk>>> Launcher::freeze(
    std::string const& instance, std::vector<Volume> const& volumes) {
  if (waits_for_reboot(instance))  // which is to freeze them
    return fail(Fault::conflict, instance + " is being rebooted for an image");
  std::vector<machines::Disk> disks;
  TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<void> {
    disks.clear();
    for (auto const& volume : volumes) {
      if (volume.overlay == instances::Overlay::none) continue;
      auto const opened = TRY(open_volume(tx, keys_, volume));
      auto const session = issue(issuer_, volume, opened, clock_.now(), ebs::kCaptureSessionAge, entropy_);
      disks.push_back({volume.id, volume.size_gib * kGibBytes, session.text, opened.secret,
                       volume.overlay == instances::Overlay::there});
    }
    return {};
  }));
  // A volume that is not attached is frozen in its own name; one that no machine wrote to needs no driver.
  auto const& name = instance.empty() && !disks.empty() ? disks.front().volume_id : instance;
  std::vector<std::unique_ptr<machines::FrozenDisk>> frozen;
  if (!disks.empty()) frozen = TRY(driver_.freeze(name, disks));
  std::vector<std::unique_ptr<machines::FrozenDisk>> out;
  auto next = frozen.begin();
  for (auto const& volume : volumes)
    out.push_back(volume.overlay == instances::Overlay::none ? nullptr : std::move(*next++));
  return out;
}

}  // namespace argosy::launcher
