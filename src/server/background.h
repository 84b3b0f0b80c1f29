// server/background.h - a thread that steps some bounded work again and again until it is stopped.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"

namespace argosy::server {

/// Whom the steps of a background thread may wait for. One that asks other regions waits as long as they let
/// it: that tells nothing of this server.
enum class WaitsFor { nobody, regions };

/// How a background thread fares.
struct Pulse {
  std::string name;
  std::uint64_t steps = 0;     ///< ended since the start
  std::uint64_t failures = 0;  ///< of these
  Duration in_step{0};         ///< how long the step under way has lasted; 0 between steps
  WaitsFor waits_for = WaitsFor::nobody;
};

class Background {
 public:
  /// `step` does one bounded piece and says when to come back; a failure is logged and tried again a second
  /// later.
  Background(std::string name, Clock& clock, WaitsFor waits_for, std::function<Result<Time>()> step);
  Background(Background const&) = delete;
  Background& operator=(Background const&) = delete;
  /// Waits for the step under way.
  ~Background();
  /// Steps now, whenever the last step said to come back.
  void wake();
  /// Any thread.
  Pulse pulse() const;
  /// Begins to stop, without waiting: for many to stop at the same time.
  void ask_to_stop();

 private:
  void run();

  std::string const name_;
  Clock& clock_;
  WaitsFor const waits_for_;
  std::function<Result<Time>()> const step_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::uint64_t steps_ = 0;
  std::uint64_t failures_ = 0;
  std::optional<std::chrono::steady_clock::time_point> step_began_;
  std::thread thread_;
};

}  // namespace argosy::server
