// http/workers.h - a bounded pool of threads for blocking work, of which nobody gets more than his share
// while others wait.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace argosy::http {

/// Jobs of one share run in their order; the shares take turns.
class Workers {
 public:
  /// At most `most_of_a_share` threads work for one share at the same time.
  Workers(std::size_t threads, std::size_t queue_limit, std::size_t most_of_a_share)
      : queue_limit_(queue_limit), most_of_a_share_(most_of_a_share) {
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
  struct Share {
    std::deque<std::function<void()>> jobs;
    std::size_t running = 0;
  };

  std::list<std::string>::iterator next_turn() {
    return std::ranges::find_if(
        turns_, [this](std::string const& share) { return shares_[share].running < most_of_a_share_; });
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || next_turn() != turns_.end(); });
      auto const turn = next_turn();
      if (turn == turns_.end()) return;  // what still waits is taken by those who work for its share
      std::string const share = *turn;
      turns_.erase(turn);
      auto& of = shares_[share];
      auto job = std::move(of.jobs.front());
      of.jobs.pop_front();
      --waiting_;
      ++of.running;
      if (!of.jobs.empty()) turns_.push_back(share);
      lock.unlock();
      job();
      job = nullptr;  // what it held goes before the lock is taken
      lock.lock();
      --of.running;
      if (of.running == 0 && of.jobs.empty()) shares_.erase(share);
    }
  }

  std::size_t const queue_limit_;
  std::size_t const most_of_a_share_;
  std::mutex mutex_;                     // guards what follows, but the threads
  std::map<std::string, Share> shares_;  ///< that have a job; a map: its elements stay where they are
  std::list<std::string> turns_;         ///< the shares with jobs that wait, in order
  std::size_t waiting_ = 0;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
};

}  // namespace argosy::http
