// http/body_budget.h - how many bytes of request bodies the process holds, and who must go when there is no
// room.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace argosy::http {

/// Any thread. A client that sends a body slowly holds its room only as long as nobody else needs it.
class BodyBudget {
 public:
  /// A body that has room, until it is destroyed.
  class Body {
   public:
    ~Body();
    Body(Body const&) = delete;
    Body& operator=(Body const&) = delete;
    void arrived(std::uint64_t bytes) { arrived_ += bytes; }
    /// It is whole: it will not be cut any more.
    void complete() { complete_ = true; }

   private:
    friend class BodyBudget;
    Body(BodyBudget& budget, std::uint64_t bytes, bool small, std::function<void()> cut);
    BodyBudget& budget_;
    std::uint64_t const bytes_;
    bool const small_;
    std::function<void()> const cut_;
    std::chrono::steady_clock::time_point const began_ = std::chrono::steady_clock::now();
    std::atomic<std::uint64_t> arrived_ = 0;
    std::atomic<bool> complete_ = false;
    bool cut_asked_ = false;
  };

  explicit BodyBudget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Nothing if there is no room now; then the slowest body that has been arriving for a second is told to
  /// go, by a call of its `cut` (which may come after the Body was destroyed).
  std::unique_ptr<Body> reserve(std::uint64_t bytes, std::function<void()> cut);
  /// Of whatever size, for want of something other than bytes; false if none has been arriving for a second.
  bool cut_slowest();
  std::uint64_t used_bytes();

 private:
  bool cut_slowest_of(std::function<bool(Body const&)> const& concerns);

  std::uint64_t const limit_bytes_;
  std::mutex mutex_;                // guards what follows
  std::uint64_t used_[2] = {0, 0};  ///< by large bodies, by small ones
  std::list<Body*> bodies_;
};

}  // namespace argosy::http
