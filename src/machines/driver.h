// machines/driver.h - virtual machines and their disks: all that a region needs of a hypervisor, on this host
// or elsewhere. It knows nothing of accounts, images or EC2.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace argosy::machines {

/// A volume of a machine: a base that is only read, under an overlay that takes the machine's writes.
struct Disk {
  std::string volume_id;
  std::int64_t size_bytes = 0;
  std::string session;    ///< what the disk server's session file holds; empty: the base is a disk of zeros
  Bytes secret;           ///< 32 bytes: the overlay is encrypted under it; empty: it is not
  bool was_used = false;  ///< a machine has run with it: IncorrectState if its overlay is missing
};

/// QEMU's machine `pc` has 32 places: two are its own, one is the network's, one that of the random numbers.
inline constexpr std::size_t kMaxDisks = 28;

struct Machine {
  std::string id;  ///< i-…
  int vcpus = 1;
  std::int64_t memory_mib = 512;
  std::string architecture;      ///< x86_64 (i386 runs on it, too)
  std::string boot_mode;         ///< "legacy-bios" or "uefi"
  std::vector<Disk> disks;       ///< the first one boots
  std::string mac_address;       ///< "02:00:00:00:00:01"
  std::string loopback_address;  ///< 127.x.y.z: its ports are forwarded to the machine
  std::string metadata_socket;   ///< path; empty: no metadata service
};

enum class Power {
  running,
  stopped,  ///< by whoever asked for it, by its own guest, or because it died
  absent,   ///< never started here, or removed
};
struct Status {
  Power power = Power::absent;
  std::string reason;    ///< why a process is gone that nobody stopped; else empty
  bool reboots = false;  ///< its guest is to, and has not shut down for it yet
};

/// A volume's content at one moment, whatever the machine writes meanwhile. One thread at a time. What it
/// holds on the host goes with it. One whose guest turns itself off counts as running as long as it is there.
class FrozenDisk {
 public:
  virtual ~FrozenDisk() = default;
  /// A machine that is killed or dies takes the frozen disk along: reads then fail with `unavailable`. False
  /// for one that did not run. Any thread.
  virtual bool ends_with_machine() const = 0;
  virtual std::int64_t size_bytes() const = 0;
  /// The next 512 KiB block at or after `from` that the overlay has changed; nothing at the end. It may name
  /// blocks that the machine changed after that moment.
  virtual Result<std::optional<std::uint64_t>> next_changed(std::uint64_t from) = 0;
  /// Exactly 512 KiB: overlay over base, zeros beyond the end.
  virtual Result<Bytes> read(std::uint64_t block) = 0;
};

/// Any thread; calls for one machine wait for each other. Machines outlive this process and are found again
/// by the next one. Errors are for operators: they say what to do.
class Driver {
 public:
  virtual ~Driver() = default;

  /// "kvm" or "tcg". The first call may take seconds.
  virtual std::string acceleration() const = 0;

  /// The machine runs on return. A running one is found and kept as it is; of a stopped one the overlays are
  /// taken up where they were. Fails with `invalid` on what this driver cannot run, and with `conflict` while
  /// a frozen disk of the stopped machine is being read or it cannot be told whether the machine runs.
  virtual Result<void> start(Machine const& machine) = 0;
  /// Fails where it cannot be told: that says nothing of the machine.
  virtual Result<Status> status(std::string const& id) = 0;
  /// ACPI's; the guest may ignore it. Nothing happens to a machine that does not run.
  virtual Result<void> press_power_button(std::string const& id) = 0;
  /// From now on the machine is reset when its guest has turned itself off, also by a later process: once,
  /// and unless the power button was pressed by then. Durable on return. Nothing happens to one that stands
  /// still after a reset.
  virtual Result<void> prepare_reboot(std::string const& id) = 0;
  /// Asks the guest as the power button does, if a reboot was prepared and has not been yet.
  virtual Result<void> reboot(std::string const& id) = 0;
  /// At once. Its process stays, and what is frozen of its disks; after a reset a machine stands still,
  /// before its first instruction, until it is tended. Fails while its disks do not answer, and is tried
  /// again then: the machine may stand still by now.
  virtual Result<void> reset(std::string const& id) = 0;
  /// Off at once, its disk servers too. What the guest had not flushed may be lost; overlays stay.
  virtual Result<void> kill(std::string const& id) = 0;
  /// Kills it and forgets it, console and all; its volumes' overlays stay.
  virtual Result<void> remove(std::string const& id) = 0;
  /// The overlay of a volume that no machine uses, and its session.
  virtual Result<void> remove_volume(std::string const& volume_id) = 0;

  /// What the volume's disk server reads next. Fails with `not_found` for a volume that was never started.
  virtual Result<void> renew_session(std::string const& volume_id, std::string const& session) = 0;
  /// Starts again disk servers that died, lets a guest go on that met an error of its disk or whose machine
  /// was reset, and bounds what is written to files. Called every second or so for running machines.
  virtual Result<void> tend(std::string const& id) = 0;

  /// The last 64 KiB of what the guest wrote to its serial port since it was started, also of a stopped one.
  virtual Result<std::optional<std::string>> console(std::string const& id) = 0;

  /// All at one moment, in the order of `disks`. `secret` and `session` as in Disk; works while the machine
  /// runs and while it does not (then with disk servers of its own), and for volumes that have no machine,
  /// under any id that is no machine's. Fails with `conflict` while one of them is frozen already. The driver
  /// must outlive what it returns.
  virtual Result<std::vector<std::unique_ptr<FrozenDisk>>> freeze(std::string const& machine_id,
                                                                  std::vector<Disk> const& disks) = 0;
};

struct QemuOptions {
  std::string directory;  ///< absolute; machines and volumes lie below it; made if it is not there
  std::string plugin;     ///< nbdkit's, run as `nbdkit PLUGIN session=FILE`
  /// "/path/argosyd", "relay": run with a metadata socket for each connection.
  std::vector<std::string> relay_command;
  std::string qemu = "qemu-system-x86_64";
  std::vector<std::uint16_t> forwarded_ports{22};
  std::string acceleration;  ///< "kvm", "tcg"; "auto" or empty: KVM if a probe proves it
};
/// Machines of this host, one QEMU process each, without root. One driver a directory at a time. It ends what
/// an earlier one left half done. Fails with `invalid` on another acceleration.
Result<std::unique_ptr<Driver>> open_qemu(QemuOptions const& options);  // qemu_driver.cpp

}  // namespace argosy::machines
