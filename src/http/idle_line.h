// http/idle_line.h - the connections that wait for a request, in the order of their waiting: who goes when
// there are too many.
#pragma once
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace argosy::http {

/// Any thread.
class IdleLine {
  using Cuts = std::list<std::function<void()>>;

 public:
  /// Stands in the line until it is destroyed.
  class Place {
   public:
    Place(IdleLine& line, Cuts::iterator at) : line_(line), at_(at) {}
    Place(Place const&) = delete;
    Place& operator=(Place const&) = delete;
    ~Place() {
      std::lock_guard lock(line_.mutex_);
      line_.cuts_.erase(at_);
    }

   private:
    IdleLine& line_;
    Cuts::iterator at_;
  };

  /// `cut` may be called at any time until the place is gone.
  std::unique_ptr<Place> enter(std::function<void()> cut) {
    std::lock_guard lock(mutex_);
    return std::make_unique<Place>(*this, cuts_.insert(cuts_.end(), std::move(cut)));
  }

  /// Tells the connection that has waited longest to go; false if none waits.
  bool cut_oldest() {
    std::lock_guard lock(mutex_);
    for (auto& cut : cuts_) {
      if (!cut) continue;  // told before
      cut();
      cut = nullptr;
      return true;
    }
    return false;
  }

 private:
  std::mutex mutex_;  // guards cuts_
  Cuts cuts_;
};

}  // namespace argosy::http
