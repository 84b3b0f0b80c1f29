// http/workers.h - a bounded pool of threads for blocking work.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace argosy::http {

class Workers {
 public:
  Workers(std::size_t threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
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
  bool post(std::function<void()> job) {
    {
      std::lock_guard lock(mutex_);
      if (queue_.size() >= queue_limit_ || stopping_) return false;
      queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
  }
  std::size_t waiting() {
    std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      auto job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // what it held goes before the lock is taken
      lock.lock();
    }
  }

  std::size_t const queue_limit_;
  std::mutex mutex_;  // guards the two below
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
};

}  // namespace argosy::http
