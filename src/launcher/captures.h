// launcher/captures.h - snapshots that are being taken of volumes: what their machines have changed is
// uploaded on top of what they started from.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ebs/capture.h"
#include "instances/volume.h"
#include "machines/driver.h"

namespace argosy::launcher {

/// A volume as it was at one moment.
struct Capture {
  std::string snapshot_id;
  instances::Volume volume;
  Bytes root;                                    ///< the base's, opened: see OpenedVolume
  std::unique_ptr<machines::FrozenDisk> frozen;  ///< null: no machine wrote to it
  bool builds_on_base = false;                   ///< else all that the volume holds is put
};

class Captures {
 public:
  explicit Captures(ebs::CaptureStore store);
  Captures(Captures const&) = delete;
  ~Captures();

  /// At a start, before the first step: what an earlier process left half done is `error`.
  Result<void> start() { return ebs::end_interrupted_captures(store_); }
  /// Snapshots that are recorded already. Any thread.
  void add(std::vector<Capture> captures);
  /// A snapshot that is recorded and cannot be taken: `error`, with the reason; later, if that cannot be
  /// recorded now. Any thread.
  void give_up(std::string const& snapshot, Error const& why);
  /// An instance's machine is off: what was still to be read from it is `error` at once, and keeps it from
  /// nothing. Any thread.
  void machine_ended(std::string const& instance);
  /// Uploads a part of a capture: accounts take turns, so that none waits for the large volumes of another,
  /// and those of an account come one after the other. One thread. Tells when to come back.
  Result<Time> step();
  /// The step under way ends soon. Any thread.
  void ask_to_stop();

 private:
  struct Reading;
  std::unique_ptr<Reading> take_next();
  void put_back(std::unique_ptr<Reading> reading);
  /// True at its end.
  Result<bool> read_on(Reading& reading);
  /// What was given up and is still pending.
  void end_given_up();

  ebs::CaptureStore store_;
  std::mutex mutex_;                                                     // guards what follows
  std::map<std::string, std::deque<std::unique_ptr<Reading>>> waiting_;  ///< by account
  std::string last_account_;
  std::map<std::string, Error> given_up_;  ///< snapshots that are pending still, and why each is to end
  Time tried_{};                           ///< when they were to end last
  bool stopping_ = false;
};

}  // namespace argosy::launcher
