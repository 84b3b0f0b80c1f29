// launcher/reboots.cpp - launcher.h: guests that are to boot again, and what is done before they do.
#include "base/log.h"
#include "launcher/launcher.h"

namespace argosy::launcher {

/// A guest that does not shut down for it is reset. Either way its machine stands still then until it is
/// tended: what waits for the reboot is done before.
Result<void> Launcher::reboot(Instance const& instance, bool reboots) {
  auto const& id = instance.id;
  bool const was_told = was_told_to_reboot(id);
  bool const in_time = has_time(instance, true, kShutdownPatience);
  if (in_time && !was_told) return {};
  auto const noted = note_reboot(instance);  // another one that is wanted by now is the same
  if (!noted) log_warning("{}: {}", id, noted.error().message);  // again, with the next step
  bool const has_shut_down = was_told && !reboots;
  if (!has_shut_down) {
    if (in_time || !noted) return {};
    TRY(reset(id));
  }
  end_wait_for_reboot(id, {});
  if (noted) asked_.erase(id);
  return {};
}

bool Launcher::was_told_to_reboot(std::string const& instance) const {
  auto const asked = asked_.find(instance);
  return asked != asked_.end() && asked->second.to_reboot && asked->second.heard;
}

/// The guest hears of it last: where this process dies at any of the steps, the next one still knows of the
/// reboot, and knows of it from the driver alone once the guest may have shut down for it.
Result<void> Launcher::tell_to_reboot(Instance const& instance) {
  TRY(driver_.prepare_reboot(instance.id));
  TRY(note_reboot(instance));
  return driver_.reboot(instance.id);
}

/// From now on the driver remembers it, and not the catalogue: no guest is rebooted twice.
Result<void> Launcher::note_reboot(Instance const& instance) {
  if (!instance.reboot_wanted) return {};
  return update(instance.id, instances::InstanceState::running,
                [](catalogue::Transaction&, Instance& current) -> Result<void> {
                  current.reboot_wanted = false;
                  return {};
                });
}

/// A machine whose disks do not answer cannot be reset until they do: what waits for the reboot waits less.
Result<void> Launcher::reset(std::string const& instance) {
  auto done = driver_.reset(instance);
  if (!done && waits_too_long(instance))
    end_wait_for_reboot(instance,
                        fail(Fault::unavailable, "the instance " + instance + " could not be rebooted"));
  return done;
}

Result<void> Launcher::reboot_and(std::string const& instance, AfterReboot then) {
  std::lock_guard lock(mutex_);
  if (after_reboot_.try_emplace(instance, WaitForReboot{clock_.now(), std::move(then)}).second) return {};
  return fail(Fault::conflict, instance + " is being rebooted already");
}

bool Launcher::waits_for_reboot(std::string const& instance) {
  std::lock_guard lock(mutex_);
  return after_reboot_.contains(instance);
}

bool Launcher::waits_too_long(std::string const& instance) {
  std::lock_guard lock(mutex_);
  auto const found = after_reboot_.find(instance);
  return found != after_reboot_.end() && clock_.now() >= found->second.since + 2 * kShutdownPatience;
}

void Launcher::end_wait_for_reboot(std::string const& instance, Result<void> const& rebooted) {
  AfterReboot then;
  {
    std::lock_guard lock(mutex_);
    auto const found = after_reboot_.find(instance);
    if (found == after_reboot_.end()) return;
    then = std::move(found->second.then);
    after_reboot_.erase(found);
  }
  then(rebooted);
}

}  // namespace argosy::launcher
