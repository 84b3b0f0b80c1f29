// api/rate_limiter.h - how many requests each account has left at this moment: one token bucket an account.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "access/limits.h"
#include "base/clock.h"

namespace argosy::api {

/// Any thread. Holds one entry for each account that has signed a request: operators make accounts, clients
/// cannot.
class RateLimiter {
 public:
  /// True if the account may make a request now; takes one of its tokens then. A bucket holds
  /// `requests_burst` tokens and gains `requests_per_second`.
  bool take(std::string_view account, access::AccountLimits const& limits, Time now) {
    std::lock_guard lock(mutex_);
    auto found = buckets_.find(account);
    if (found == buckets_.end())
      found = buckets_.emplace(account, Bucket{static_cast<double>(limits.requests_burst), now}).first;
    auto& bucket = found->second;
    auto const gained = std::chrono::duration<double>(now - bucket.filled).count() *
                        static_cast<double>(limits.requests_per_second);
    bucket.tokens =
        std::min(static_cast<double>(limits.requests_burst), bucket.tokens + std::max(0.0, gained));
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

 private:
  struct Bucket {
    double tokens;
    Time filled;
  };
  std::mutex mutex_;  // guards buckets_
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace argosy::api
