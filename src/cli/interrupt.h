// cli/interrupt.h - Ctrl-C, SIGTERM and a terminal that is gone: say what goes on, clean up, and end with the
// code that belongs to the signal. And Ctrl-Z: that it went on.
#pragma once
#include <chrono>
#include <functional>
#include <list>

namespace argosy::cli {

/// Must be called first in main, before any thread: from then on a thread of its own waits for the signals.
/// Where SIGHUP is ignored (nohup) it remains so; SIGCHLD does not, for the ends of children are waited for.
/// A second Ctrl-C ends the program at once.
void watch_signals();

/// When it was first asked after the process had gone on from a stop; before anything else if it never was
/// stopped. The kernel has the signal before any thread goes on, so that none asks too early. Any thread.
std::chrono::steady_clock::time_point last_continued();

/// While it lives, `action` runs when a signal ends the program; on the watcher's thread, the last made
/// first.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void()> action);
  ~OnInterrupt();
  OnInterrupt(OnInterrupt const&) = delete;
  OnInterrupt& operator=(OnInterrupt const&) = delete;

 private:
  std::list<std::function<void()>>::iterator place_;
};

}  // namespace argosy::cli
