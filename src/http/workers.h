// http/workers.h - a bounded pool of threads for blocking work, of which nobody gets more than his share
// while others wait.
#pragma once
#include <algorithm>
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
  Workers(std::size_t threads, std::size_t queue_limit, ShareLimits limits)
      : queue_limit_(queue_limit), limits_(limits) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  Workers(Workers const&) = delete;
  Workers& operator=(Workers const&) = delete;
  /// Finishes what is queued.
  ~Workers() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  /// False if the queue is full.
  bool post(std::string const& share, std::function<void()> job) {
    {
      std::lock_guard lock(mutex_);
      if (waiting_ >= queue_limit_ || stopping_) return false;
      auto& of = shares_[share];
      if (of.jobs.empty()) turns_.push_back(share);
      of.jobs.push_back(std::move(job));
      ++waiting_;
    }
    wake_.notify_one();
    return true;
  }
  std::size_t waiting() {
    std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  using Instant = std::chrono::steady_clock::time_point;
  static constexpr auto kFresh = std::chrono::milliseconds(200);
  static constexpr auto kLook = std::chrono::milliseconds(20);  ///< how often whether a job is fresh no more

  struct Share {
    std::deque<std::function<void()>> jobs;
    std::multiset<Instant> running;  ///< when each of its jobs began
  };

  bool may_run(Share const& share) const {
    auto const lately = std::chrono::steady_clock::now() - kFresh;
    auto const fresh = std::distance(share.running.upper_bound(lately), share.running.end());
    return share.running.size() < limits_.all && static_cast<std::size_t>(fresh) < limits_.fresh;
  }
  std::list<std::string>::iterator next_turn() {
    return std::ranges::find_if(turns_, [this](std::string const& share) { return may_run(shares_[share]); });
  }
  void wait_for_turn(std::unique_lock<std::mutex>& lock) {
    while (!stopping_ && next_turn() == turns_.end()) {
      if (turns_.empty()) {
        wake_.wait(lock);
      } else {
        wake_.wait_for(lock, kLook);
      }
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wait_for_turn(lock);
      auto const turn = next_turn();
      if (turn == turns_.end()) return;  // what still waits is taken by those who work for its share
      std::string const share = *turn;
      turns_.erase(turn);
      auto& of = shares_[share];
      auto job = std::move(of.jobs.front());
      of.jobs.pop_front();
      --waiting_;
      auto const began = of.running.insert(std::chrono::steady_clock::now());
      if (!of.jobs.empty()) turns_.push_back(share);
      lock.unlock();
      job();
      job = nullptr;  // what it held goes before the lock is taken
      lock.lock();
      of.running.erase(began);
      if (of.running.empty() && of.jobs.empty()) shares_.erase(share);
    }
  }

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
