// http/workers.cpp - see workers.h.
#include "http/workers.h"

#include <algorithm>

namespace argosy::http {
namespace {

constexpr auto kFresh = std::chrono::milliseconds(200);
constexpr auto kLook = std::chrono::milliseconds(20);  ///< how often whether a job is fresh no more

}  // namespace

Workers::Workers(std::size_t threads, std::size_t queue_limit, ShareLimits limits)
    : queue_limit_(queue_limit), limits_(limits) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

bool Workers::post(std::string const& share, std::function<void()> job) {
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

std::size_t Workers::waiting() {
  std::lock_guard lock(mutex_);
  return waiting_;
}

void Workers::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool Workers::may_run(Share const& share) const {
  auto const lately = std::chrono::steady_clock::now() - kFresh;
  auto const fresh = std::distance(share.running.upper_bound(lately), share.running.end());
  return share.running.size() < limits_.all && static_cast<std::size_t>(fresh) < limits_.fresh;
}

std::list<std::string>::iterator Workers::next_turn() {
  return std::ranges::find_if(turns_, [this](std::string const& share) { return may_run(shares_[share]); });
}

void Workers::wait_for_turn(std::unique_lock<std::mutex>& lock) {
  while (!stopping_ && next_turn() == turns_.end()) {
    if (turns_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, kLook);
    }
  }
}

void Workers::run() {
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

}  // namespace argosy::http
