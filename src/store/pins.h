// store/pins.h - the generation of the store, and who still works with what he saw in an earlier one.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

namespace argosy::store {

/// A sweep begins a new generation and collects only what no generation from its own on counts on. Work that
/// counts on chunks before anything durable names them takes a pin; the sweep waits for those of earlier
/// generations. Any thread.
class Pins {
 public:
  std::int64_t generation() const { return generation_; }
  void start(std::int64_t generation) { generation_ = generation; }
  std::int64_t advance() {
    std::lock_guard lock(mutex_);
    return ++generation_;
  }

  std::int64_t take() {
    std::lock_guard lock(mutex_);
    ++held_[generation_];
    return generation_;
  }
  void release(std::int64_t generation) {
    std::lock_guard lock(mutex_);
    if (--held_[generation] == 0) held_.erase(generation);
  }
  /// No pin of an earlier generation is held.
  bool are_free_before(std::int64_t generation) {
    std::lock_guard lock(mutex_);
    return held_.empty() || held_.begin()->first >= generation;
  }

 private:
  std::mutex mutex_;  // guards held_ and orders advance against take
  std::atomic<std::int64_t> generation_ = 1;
  std::map<std::int64_t, std::int64_t> held_;  ///< pins by the generation in which they were taken
};

}  // namespace argosy::store
