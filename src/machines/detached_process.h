// machines/detached_process.h - a program that outlives us, found again by a record in its folder.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "machines/program.h"

namespace argosy::machines {

/// At most one process of a name in a folder; it is in nobody's session, and its current folder is that one.
/// The process itself writes FOLDER/NAME.pid before it becomes the program, so that none runs without a
/// record: boot id, and its line of /proc/PID/stat, whose start time tells it from a later process with the
/// same id. What it says goes to FOLDER/NAME.log. Whatever looks for it fails where that cannot be told, and
/// then has done nothing. One thread at a time.
class DetachedProcess {
 public:
  DetachedProcess(std::string folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}

  /// Returns when the program has begun. There must be none yet.
  Result<void> start(Program const& program);
  Result<bool> is_running() const;
  /// Whether it was started and never ended by `end`.
  Result<bool> is_recorded() const;
  /// Asks by SIGTERM, insists by SIGKILL after `grace`; zero: insists at once. None is left on return, and no
  /// record.
  Result<void> end(Duration grace);
  /// Ends it at once and keeps the record: as if it had crashed.
  Result<void> strike();
  /// Waits until it is gone by itself.
  Result<bool> ends_within(Duration timeout) const;
  /// Why it is gone although nobody ended it: what is known.
  std::string obituary() const;
  /// The last line of its log, which may be empty.
  std::string last_words() const;
  std::string log_path() const { return folder_ + "/" + name_ + ".log"; }

 private:
  std::string record_path() const { return folder_ + "/" + name_ + ".pid"; }
  /// A handle (pidfd) of the process if it lives, else one that is not open.
  Result<Descriptor> find() const;

  std::string folder_;
  std::string name_;
};

}  // namespace argosy::machines
