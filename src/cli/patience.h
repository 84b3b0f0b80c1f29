// cli/patience.h - waiting that ends when nothing has moved for a while, never after a count of attempts.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "cli/failure.h"
#include "cli/format.h"
#include "cli/interrupt.h"

namespace argosy::cli {

/// The pauses between looks at the same thing: a tenth of the time waited so far, so that no wait is longer
/// by more than that; 100 ms at least, 5 s at most.
class Pauses {
 public:
  std::chrono::milliseconds next() {
    auto pause = std::clamp(waited_ / 10, kShortest, kLongest);
    waited_ += pause;
    return pause;
  }

 private:
  static constexpr std::chrono::milliseconds kShortest{100};
  static constexpr std::chrono::milliseconds kLongest{5'000};
  std::chrono::milliseconds waited_{0};
};

/// What is shown of work that is tried again and does not move.
inline constexpr char const* kTryingAgain = "no answer, trying again";

/// Any thread: several may work on what one Patience watches.
class Patience {
 public:
  /// `tell` is called, by whoever persists, before a further attempt when nothing has moved for so long that
  /// it is worth a word: one call of many may fail at any time.
  Patience(std::chrono::milliseconds limit, std::function<void()> tell)
      : limit_(limit), tell_(std::move(tell)) {
    progressed();
  }

  void progressed() { last_ = std::chrono::steady_clock::now(); }

  /// Sleeps; fails with `timed_out` if nothing has moved for the limit. While the process was stopped nothing
  /// could.
  Outcome<void> pause(Pauses& pauses) const {
    std::this_thread::sleep_for(std::min(pauses.next(), limit_));
    auto const since = std::max(last_.load(), last_continued());
    if (std::chrono::steady_clock::now() - since < limit_) return {};
    return stop(Exit::timed_out, "nothing moved for " + show_duration(limit_));
  }

  /// Calls again while it fails in a way that passes: a server that restarts must not end hours of work.
  template <class Call>
  auto persist(Call call) const -> decltype(call()) {
    Pauses pauses;
    while (true) {
      auto outcome = call();
      if (outcome || !outcome.error().retryable()) return outcome;
      if (std::chrono::steady_clock::now() - last_.load() >= kStalled) tell_();
      if (auto waited = pause(pauses); !waited) {
        waited.error().message += "; the last attempt failed: " + outcome.error().message;
        return std::unexpected(waited.error());
      }
    }
  }

 private:
  static constexpr std::chrono::seconds kStalled{2};
  std::chrono::milliseconds const limit_;
  std::function<void()> const tell_;
  std::atomic<std::chrono::steady_clock::time_point> last_;
};

}  // namespace argosy::cli
