// replication/patience.h - failures in a row that may pass: when to try again, and when it has been long
// enough.
#pragma once
#include <algorithm>

#include "base/clock.h"

namespace argosy::replication {

/// Of a source, or of one task.
class Patience {
 public:
  void failed(Time now) {
    if (failures_++ == 0) since_ = now;
    auto const wait = std::chrono::milliseconds(200) * (1 << std::min(failures_, 10));
    next_ = now + std::min<Duration>(kLongestWait, wait);
  }
  void succeeded() { failures_ = 0; }

  bool is_tried() const { return failures_ > 0; }
  /// When to try again.
  Time next() const { return next_; }
  /// A day after the first failure.
  bool is_over(Time now) const { return is_tried() && now - since_ >= kLongest; }

 private:
  static constexpr Duration kLongestWait = std::chrono::seconds(60);
  /// As long as a source keeps a lease that nobody renews.
  static constexpr Duration kLongest = std::chrono::hours(24);

  int failures_ = 0;
  Time since_{};
  Time next_{};
};

}  // namespace argosy::replication
