// server/background.cpp - see background.h.
#include "server/background.h"

#include "base/log.h"

namespace argosy::server {

Background::Background(std::string name, Clock& clock, WaitsFor waits_for, std::function<Result<Time>()> step)
    : name_(std::move(name)), clock_(clock), waits_for_(waits_for), step_(std::move(step)), thread_([this] {
        run();
      }) {}

Background::~Background() {
  ask_to_stop();
  thread_.join();
}

void Background::ask_to_stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void Background::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

Pulse Background::pulse() const {
  std::lock_guard lock(mutex_);
  Pulse pulse{name_, steps_, failures_, {}, waits_for_};
  if (step_began_)
    pulse.in_step = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - *step_began_);
  return pulse;
}

void Background::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    step_began_ = std::chrono::steady_clock::now();
    lock.unlock();
    auto next = step_();
    if (!next) log_error("{}: {}", name_, next.error().message);
    auto const wait = next ? *next - clock_.now() : Duration(1'000);
    lock.lock();
    step_began_.reset();
    ++steps_;
    if (!next) ++failures_;
    if (wait > Duration{0}) changed_.wait_for(lock, wait, [this] { return stopping_ || woken_; });
  }
}

}  // namespace argosy::server
