// http/workers.h - a bounded pool of threads for blocking work, of which nobody gets more than his share
// while others wait.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace argosy::http {

/// How many threads work for one share at the same time.
struct ShareLimits {
  std::size_t all = 0;  ///< whatever they do
  /// Of these, jobs that began lately, so that they may be computing: more than there are processors only
  /// slow down others. A job that lasts longer waits for something, most likely.
  std::size_t fresh = 0;
};

/// Jobs of one share run in their order; the shares take turns.
class Workers {
 public:
  Workers(std::size_t threads, std::size_t queue_limit, ShareLimits limits);
  Workers(Workers const&) = delete;
  Workers& operator=(Workers const&) = delete;
  ~Workers() { stop(); }
  /// False if the queue is full, or the workers have been stopped.
  bool post(std::string const& share, std::function<void()> job);
  /// Jobs that have not begun.
  std::size_t waiting();
  /// Finishes what is queued, and takes nothing more. One thread.
  void stop();

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Share {
    std::deque<std::function<void()>> jobs;
    std::multiset<Instant> running;  ///< when each of its jobs began
  };
  bool may_run(Share const& share) const;
  std::list<std::string>::iterator next_turn();
  void wait_for_turn(std::unique_lock<std::mutex>& lock);
  void run();

  std::size_t const queue_limit_;
  ShareLimits const limits_;
  std::mutex mutex_;                     // guards what follows, but the threads
  std::map<std::string, Share> shares_;  ///< that have a job; a map: its elements stay where they are
  std::list<std::string> turns_;         ///< the shares with jobs that wait, in order
  std::size_t waiting_ = 0;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
};

}  // namespace argosy::http
