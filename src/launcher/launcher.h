// launcher/launcher.h - brings the instances of one region from what their owners want to what is, through
// the host's machine driver.
//
// The catalogue says what is wanted (ec2/ writes it); the driver says what is. A step compares the two,
// instance by instance, and does the next thing. Every thing done can be repeated, so a process that died in
// between is no special case.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "instances/instance.h"
#include "instances/volume.h"
#include "keystore/ebs_keys.h"
#include "launcher/disk_session.h"
#include "launcher/launch_failure.h"
#include "machines/driver.h"
#include "sql/session.h"

namespace argosy::launcher {

/// A guest that is asked to shut down and does not is switched off after this time: as EC2 does it, in
/// minutes.
inline constexpr Duration kShutdownPatience = std::chrono::minutes(2);
/// The same before a machine is terminated whose volumes stay.
inline constexpr Duration kTerminationPatience = std::chrono::seconds(20);

/// What the launcher tells of machines that come and go: the metadata service is there for those that run.
struct Listener {
  std::function<Result<std::string>(std::string const& instance)>
      started;  ///< gives the metadata socket's path
  std::function<void(std::string const& instance)> ended;
};

/// Done while an instance is rebooted, before its guest writes again; with an error if there will be no
/// reboot.
using AfterReboot = std::function<void(Result<void> rebooted)>;

class Launcher {
 public:
  Launcher(sql::Pool& catalogue, keystore::EbsKeys const& keys, machines::Driver& driver,
           SessionIssuer const& issuer, Listener listener, Clock& clock, Entropy& entropy)
      : catalogue_(catalogue),
        keys_(keys),
        driver_(driver),
        issuer_(issuer),
        listener_(std::move(listener)),
        clock_(clock),
        entropy_(entropy) {}

  /// One thread. Tells when to come back.
  Result<Time> step();

  /// What the machine wrote to its serial port: the last 64 KiB; nothing yet. Any thread.
  Result<std::optional<std::string>> console(std::string const& instance);
  /// Whether the machine does so at this moment, whatever the catalogue says. Any thread.
  Result<bool> runs(std::string const& instance);
  /// The content of volumes at this moment, all at once: of an instance, or of one that is not attached.
  /// Those that no machine wrote to are null. Fails with KMS's codes, and with `conflict` while one of them
  /// is frozen already or the instance is being rebooted for an image. Any thread.
  Result<std::vector<std::unique_ptr<machines::FrozenDisk>>> freeze(
      std::string const& instance, std::vector<instances::Volume> const& volumes);
  /// Reboots the guest, and calls `then` before it writes anything; on a machine that does not run, at once;
  /// with an error on one that cannot be reset. If this process dies, `then` is forgotten, but a guest that
  /// was asked boots again. Any thread.
  Result<void> reboot_and(std::string const& instance, AfterReboot then);

 private:
  using Instance = instances::Instance;
  using Volume = instances::Volume;

  Result<void> forget_terminated();
  Result<void> step_instance(std::string const& id);
  Result<void> start(Instance const& instance);
  Result<machines::Machine> prepare(catalogue::Transaction& tx, Instance const& instance);
  Result<void> give_up(Instance const& instance, Error const& error);
  Result<void> watch(Instance const& instance);
  Result<void> look_after(std::string const& instance);
  /// Lets no machine go on.
  Result<void> serve(std::string const& instance);
  Result<void> renew_sessions(std::string const& instance);
  /// Tells when it ends now.
  Result<Time> renew_session(Volume const& volume);
  Result<DiskSession> session_of(Volume const& volume);
  /// `reboots` as the driver's status has it.
  Result<void> reboot(Instance const& instance, bool reboots);
  bool was_told_to_reboot(std::string const& instance) const;
  Result<void> tell_to_reboot(Instance const& instance);
  Result<void> note_reboot(Instance const& instance);
  Result<void> reset(std::string const& instance);
  bool waits_for_reboot(std::string const& instance);
  /// For longer than a guest has to shut down and its machine to be reset.
  bool waits_too_long(std::string const& instance);
  Result<void> end_idle_waits();
  /// Calls what waits for a reboot, if something does, and forgets it.
  void end_wait_for_reboot(std::string const& instance, Result<void> const& rebooted);
  Result<void> note_end(Instance const& instance, std::optional<LaunchFailure> const& why);
  Result<void> stop(Instance const& instance);
  Result<void> terminate(Instance const& instance);
  Result<bool> waits_for_captures(Instance const& instance);
  /// True until a guest that was asked to shut down is off or has had its time.
  Result<bool> waits_for_guest(Instance const& instance, Duration patience);
  /// Whether a guest, which is asked if it was not, may still do it. Its time begins when it was told, and
  /// that of one that cannot be told with the first attempt.
  bool has_time(Instance const& instance, bool to_reboot, Duration patience);
  /// The machine is off.
  void forget(std::string const& instance);
  Result<void> update(std::string const& id, instances::InstanceState expected,
                      std::function<Result<void>(catalogue::Transaction&, Instance&)> const& change);

  sql::Pool& catalogue_;
  keystore::EbsKeys const& keys_;
  machines::Driver& driver_;
  SessionIssuer const& issuer_;
  Listener listener_;
  Clock& clock_;
  Entropy& entropy_;
  /// A guest was asked to shut down.
  struct Asked {
    Time since;
    bool to_reboot;  ///< and to boot again
    bool heard;      ///< else it is asked again
  };
  // Of the step's thread alone:
  std::map<std::string, Asked> asked_;
  /// Machines that this process has seen running, and when the sessions of their volumes end.
  std::map<std::string, std::map<std::string, Time>> running_;
  struct WaitForReboot {
    Time since;
    AfterReboot then;
  };
  std::mutex mutex_;  // guards after_reboot_
  std::map<std::string, WaitForReboot> after_reboot_;
};

}  // namespace argosy::launcher
