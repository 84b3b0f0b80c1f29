// machines/machine_process.h - a machine's folder on this host: its QEMU, which volumes it has, what it
// printed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "machines/command_line.h"
#include "machines/detached_process.h"
#include "machines/driver.h"
#include "machines/qmp.h"

namespace argosy::machines {

/// What looks at it fails where that cannot be told. One thread at a time.
class MachineProcess {
 public:
  explicit MachineProcess(std::string folder) : folder_(std::move(folder)), process_(folder_, "qemu") {}
  /// `directory` is the driver's.
  MachineProcess(std::string const& directory, std::string const& id)
      : MachineProcess(directory + "/machines/" + id) {}

  std::string const& folder() const { return folder_; }
  std::string console_path() const { return folder_ + "/" + kConsoleFile; }
  Result<bool> exists() const;

  /// Makes the folder and remembers the volumes.
  Result<void> prepare(Machine const& machine);
  /// The ids of its volumes, as `prepare` got them.
  Result<std::vector<std::string>> volumes() const;

  /// QEMU runs and answers on return. The setting's firmware and secrets are the caller's to fill.
  Result<void> start(Machine const& machine, Setting const& setting, std::vector<int> inherited);
  Result<bool> is_running() const { return process_.is_running(); }
  Result<Status> status() const;
  /// QEMU's own word for its state, such as "running", "shutdown" or "io-error". Fails if it does not answer.
  Result<std::string> state() const;
  Result<void> tell(std::string const& command) const;
  /// Whether a guest that turns itself off shall boot again: remembered in the folder.
  Result<bool> reboots() const;
  Result<void> set_reboots(bool reboots);

  /// Its process ends, the file system of its overlays being whole. Nothing if it does not run.
  Result<void> power_off();
  /// The process ends and counts as one that crashed.
  Result<void> strike() { return process_.strike(); }
  /// Bounds what QEMU and the guest write.
  void tidy() const;
  Result<void> remove();

 private:
  std::string volumes_path() const { return folder_ + "/volumes"; }
  std::string reboots_path() const { return folder_ + "/reboots"; }

  std::string folder_;
  DetachedProcess process_;
};

}  // namespace argosy::machines
