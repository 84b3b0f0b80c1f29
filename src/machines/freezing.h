// machines/freezing.h - volumes as they are at one moment: of a machine that runs, and of one that does not.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "machines/claims.h"
#include "machines/driver.h"
#include "machines/volume.h"

namespace argosy::machines {

/// A volume that is about to be frozen. The claim goes when nothing of the freeze is left.
struct Freezing {
  Claim claim;
  Disk disk;
  Volume volume;
};

using FrozenDisks = std::vector<std::unique_ptr<FrozenDisk>>;

/// By jobs of the machine's own QEMU, which keep what the guest overwrites. All disks at one moment.
Result<FrozenDisks> freeze_running(std::string const& machine_folder, std::vector<Freezing> volumes);
/// Ends what an interrupted freeze of a volume left in the machine that runs with it; nothing if there is
/// nothing.
Result<void> thaw_running(std::string const& machine_folder, std::string const& volume_id,
                          Volume const& volume);

/// By a qemu-storage-daemon and a disk server for each volume, since it is first read. Nobody may write to it
/// meanwhile.
Result<FrozenDisks> freeze_stopped(std::vector<Freezing> volumes);
/// Ends what an interrupted freeze left of a volume that no machine uses, and its disk server.
Result<void> thaw_stopped(Volume& volume);

}  // namespace argosy::machines
