// machines/qemu_driver.cpp - the driver of this host: one QEMU process a machine, one nbdkit a volume, all
// found again by the records in their folders (DIRECTORY/machines/ID, DIRECTORY/volumes/ID).
#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>

#include "base/log.h"
#include "machines/acceleration.h"
#include "machines/block_nodes.h"
#include "machines/claims.h"
#include "machines/console.h"
#include "machines/driver.h"
#include "machines/firmware.h"
#include "machines/forwarding.h"
#include "machines/freezing.h"
#include "machines/machine_process.h"
#include "machines/overlay.h"
#include "machines/volume.h"

namespace argosy::machines {
namespace {

/// Machines share locks, so that none has to be kept for a machine that is gone.
constexpr std::size_t kLocks = 64;

/// Ids become names of folders, nodes and options.
Result<void> check_id(std::string const& id) {
  constexpr auto kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (!id.empty() && id.find_first_not_of(kAllowed) == id.npos) return {};
  return fail(Fault::invalid, "\"" + id + "\" cannot be the id of a machine or a volume");
}

Result<std::vector<std::string>> folders_in(std::string const& path) {
  std::vector<std::string> names;
  std::error_code failure;
  for (std::filesystem::directory_iterator at(path, failure), last; !failure && at != last;
       at.increment(failure))
    names.push_back(at->path().filename());
  if (failure) return fail(Fault::unavailable, path + ": " + failure.message());
  return names;
}

class QemuDriver final : public Driver {
 public:
  explicit QemuDriver(QemuOptions options) : options_(std::move(options)) {}

  /// Ends what an earlier process left half done.
  Result<void> recover() {
    std::set<std::string> in_use;
    auto const machines = TRY(folders_in(options_.directory + "/machines"));
    auto const volumes = TRY(folders_in(options_.directory + "/volumes"));
    for (auto const& id : machines) {
      MachineProcess const process(options_.directory, id);
      auto const runs = process.is_running();
      if (!runs) log_error("{}: {}", id, runs.error().message);  // it may run: what it uses stays
      if (runs && !*runs) continue;
      auto const used = TRY(process.volumes());
      in_use.insert(used.begin(), used.end());
      if (!runs) continue;
      for (auto const& volume_id : used) {
        auto thawed = thaw_running(process.folder(), volume_id, volume(volume_id));
        if (!thawed) log_warning("{}: {}", volume_id, thawed.error().message);
      }
    }
    for (auto const& id : volumes) {
      if (in_use.contains(id)) continue;
      auto unused = volume(id);
      if (auto thawed = thaw_stopped(unused); !thawed) log_error("{}: {}", id, thawed.error().message);
    }
    return {};
  }

  std::string acceleration() const override {
    bool const given = options_.acceleration == "kvm" || options_.acceleration == "tcg";
    return given ? options_.acceleration : acceleration_of_host(options_.qemu, options_.directory);
  }

  Result<void> start(Machine const& machine) override {
    TRY(check_id(machine.id));
    for (auto const& disk : machine.disks) TRY(check_id(disk.volume_id));
    std::lock_guard lock(lock_of(machine.id));
    MachineProcess process(options_.directory, machine.id);
    auto const found = settle(process);
    if (!found) return cannot_tell(machine.id, found.error());
    if (found->power == Power::running) return find_running(process);
    TRY(check_not_frozen(machine));
    auto started = start_process(process, machine);
    if (!started) (void)stop_disks(process);
    return started;
  }

  Result<Status> status(std::string const& id) override {
    TRY(check_id(id));
    std::lock_guard lock(lock_of(id));
    MachineProcess process(options_.directory, id);
    return settle(process);
  }

  Result<void> press_power_button(std::string const& id) override {
    return if_running(id, [](MachineProcess& process) -> Result<void> {
      TRY(process.set_reboots(false));
      return process.tell("system_powerdown");
    });
  }

  Result<void> prepare_reboot(std::string const& id) override {
    return if_running(id, [](MachineProcess& process) -> Result<void> {
      auto const state = process.state();  // of one that does not answer it is not known
      return state && *state == "prelaunch" ? Result<void>{} : process.set_reboots(true);
    });
  }

  Result<void> reboot(std::string const& id) override {
    return if_running(id, [](MachineProcess& process) -> Result<void> {
      bool const reboots = TRY(process.reboots());
      return reboots ? process.tell("system_powerdown") : Result<void>{};
    });
  }

  Result<void> reset(std::string const& id) override {
    return if_running(id, [this](MachineProcess& process) -> Result<void> {
      TRY(tend_disks(process));   // QEMU waits for them before it stops
      TRY(process.tell("stop"));  // a machine that runs would go on at once
      return reset(process);
    });
  }

  Result<void> kill(std::string const& id) override {
    TRY(check_id(id));
    std::lock_guard lock(lock_of(id));
    MachineProcess process(options_.directory, id);
    TRY(process.power_off());
    return stop_disks(process);
  }

  Result<void> remove(std::string const& id) override {
    TRY(kill(id));
    std::lock_guard lock(lock_of(id));
    return MachineProcess(options_.directory, id).remove();
  }

  Result<void> remove_volume(std::string const& volume_id) override {
    TRY(check_id(volume_id));
    auto const claim = TRY(Claim::take(frozen_, volume_id));
    return volume(volume_id).remove();
  }

  Result<void> renew_session(std::string const& volume_id, std::string const& session) override {
    TRY(check_id(volume_id));
    auto renewed = volume(volume_id);
    bool const there = TRY(renewed.exists());
    if (!there) return fail(Fault::not_found, volume_id + ": no machine was started with it here");
    return renewed.server().write_session(session);
  }

  Result<void> tend(std::string const& id) override {
    return if_running(id, [this](MachineProcess& process) -> Result<void> {
      process.tidy();
      TRY(tend_disks(process));
      auto const state = process.state();  // who does not answer now is asked again next time
      bool const stands_still = state && (*state == "io-error" || *state == "prelaunch");
      return stands_still ? process.tell("cont") : Result<void>{};
    });
  }

  Result<std::optional<std::string>> console(std::string const& id) override {
    TRY(check_id(id));
    return read_end(MachineProcess(options_.directory, id).console_path());
  }

  Result<FrozenDisks> freeze(std::string const& machine_id, std::vector<Disk> const& disks) override {
    TRY(check_id(machine_id));
    std::lock_guard lock(lock_of(machine_id));
    MachineProcess process(options_.directory, machine_id);
    for (auto const& disk : disks) TRY(check_id(disk.volume_id));
    auto const found = TRY(settle(process));
    std::vector<Freezing> volumes;
    for (auto const& disk : disks)
      volumes.push_back({TRY(Claim::take(frozen_, disk.volume_id)), disk, volume(disk.volume_id)});
    return found.power == Power::running ? freeze_running(process.folder(), std::move(volumes))
                                         : freeze_stopped(std::move(volumes));
  }

 private:
  std::mutex& lock_of(std::string const& id) { return locks_[std::hash<std::string>{}(id) % kLocks]; }
  Volume volume(std::string const& id) const { return {options_.directory, id, options_.plugin}; }

  /// Does `act` to a machine that runs, and nothing to another one.
  template <class Act>
  Result<void> if_running(std::string const& id, Act const& act) {
    TRY(check_id(id));
    std::lock_guard lock(lock_of(id));
    MachineProcess process(options_.directory, id);
    bool const runs = TRY(process.is_running());
    return runs ? act(process) : Result<void>{};
  }

  Result<void> check_not_frozen(Machine const& machine) const {
    for (auto const& disk : machine.disks)
      if (frozen_.has(disk.volume_id))
        return fail(Fault::conflict, machine.id + " cannot start while a snapshot of its volume " +
                                         disk.volume_id + " is being read");
    return {};
  }

  Result<bool> is_frozen(MachineProcess const& process) const {
    auto const volumes = TRY(process.volumes());
    return std::ranges::any_of(volumes, [&](auto const& id) { return frozen_.has(id); });
  }

  /// Nobody may give a machine up for that: it may run.
  static std::unexpected<Error> cannot_tell(std::string const& id, Error const& error) {
    log_warning("{}: {}", id, error.message);
    return fail(Fault::conflict, error.message);
  }

  /// An earlier process started it. Whoever watches it tends it again.
  Result<void> find_running(MachineProcess const& process) {
    if (auto tended = tend_disks(process); !tended) log_warning("{}", tended.error().message);
    return {};
  }

  /// A frozen disk is read first: it would end with the process.
  Result<void> after_shutdown(MachineProcess& process) {
    bool const reboots = TRY(process.reboots());
    if (reboots) return reset(process);
    bool const frozen = TRY(is_frozen(process));
    return frozen ? Result<void>{} : process.power_off();
  }

  /// One that does not run stands still then, until it is tended.
  static Result<void> reset(MachineProcess& process) {
    TRY(process.tell("system_reset"));
    return process.set_reboots(false);
  }

  /// How the machine is. One whose guest turned itself off, or whose process QEMU gave up, ends here; what
  /// served a machine that is gone does, too.
  Result<Status> settle(MachineProcess& process) {
    bool const runs = TRY(process.is_running());
    if (runs) {
      auto const state = process.state();
      if (state && *state == "shutdown") TRY(after_shutdown(process));
      if (state && *state == "internal-error") TRY(process.strike());
      // A process that was killed between the two steps of a reset left this.
      if (state && *state == "prelaunch") TRY(process.set_reboots(false));
    }
    auto status = TRY(process.status());
    if (status.power == Power::stopped) TRY(stop_disks(process));
    return status;
  }

  Result<void> start_process(MachineProcess& process, Machine const& machine) {
    Setting setting{options_.qemu, acceleration(), {}, options_.relay_command, {}, {}};
    TRY(process.prepare(machine));
    if (machine.boot_mode == "uefi") setting.firmware = TRY(prepare_firmware(process.folder()));
    std::vector<Descriptor> secrets;
    std::vector<int> inherited;
    for (auto const& disk : machine.disks) {
      auto prepared = volume(disk.volume_id);
      TRY(prepared.prepare(disk));
      TRY(prepared.server().ensure_running(machine.disks.size()));
      if (disk.secret.empty()) continue;
      secrets.push_back(TRY(hand_over(disk.secret)));
      inherited.push_back(secrets.back().number());
      setting.secret_objects.push_back(secret_object(secret_of(disk.volume_id), secrets.back()));
    }
    setting.forwarded_ports = available_ports(machine.loopback_address, options_.forwarded_ports);
    return process.start(machine, setting, std::move(inherited));
  }

  /// All of them are looked after, whatever becomes of one.
  Result<void> tend_disks(MachineProcess const& process) {
    Result<void> out;
    auto const volumes = TRY(process.volumes());
    for (auto const& id : volumes) {
      auto tended = volume(id);
      tended.server().tidy();
      if (auto running = tended.server().ensure_running(volumes.size()); !running) out = running;
    }
    return out;
  }

  /// But not those that a frozen disk is read by.
  Result<void> stop_disks(MachineProcess const& process) {
    auto const volumes = TRY(process.volumes());
    for (auto const& id : volumes)
      if (!frozen_.has(id)) TRY(volume(id).server().stop());
    return {};
  }

  QemuOptions const options_;
  std::array<std::mutex, kLocks> locks_;  // each guards the folders of its machines
  Claims frozen_;
};

}  // namespace

Result<std::unique_ptr<Driver>> open_qemu(QemuOptions const& options) {
  auto const& wanted = options.acceleration;
  if (!wanted.empty() && wanted != "auto" && wanted != "kvm" && wanted != "tcg")
    return fail(Fault::invalid, "acceleration is auto, kvm or tcg, not " + wanted);
  std::error_code failure;
  for (auto const* folder : {"/machines", "/volumes"})
    if (!failure) std::filesystem::create_directories(options.directory + folder, failure);
  if (!failure) std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, failure);
  if (failure) return fail(Fault::unavailable, options.directory + ": " + failure.message());
  auto driver = std::make_unique<QemuDriver>(options);
  TRY(driver->recover());
  return driver;
}

}  // namespace argosy::machines
