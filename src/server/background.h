// server/background.h - a thread that steps some bounded work again and again until it is stopped.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"

namespace argosy::server {

class Background {
 public:
  /// `step` does one bounded piece and says when to come back; a failure is logged and tried again a second
  /// later.
  Background(std::string name, Clock& clock, std::function<Result<Time>()> step);
  Background(Background const&) = delete;
  Background& operator=(Background const&) = delete;
  /// Waits for the step under way.
  ~Background();
  /// Steps now, whenever the last step said to come back.
  void wake();
  /// Begins to stop, without waiting: for many to stop at the same time.
  void ask_to_stop();

 private:
  void run();

  std::string const name_;
  Clock& clock_;
  std::function<Result<Time>()> const step_;
  std::mutex mutex_;  // guards stopping_ and woken_
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace argosy::server
