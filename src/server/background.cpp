// server/background.cpp - see background.h.
#include "server/background.h"

#include "base/log.h"

namespace argosy::server {

Background::Background(std::string name, Clock& clock, std::function<Result<Time>()> step)
    : name_(std::move(name)), clock_(clock), step_(std::move(step)), thread_([this] { run(); }) {}

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

void Background::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    lock.unlock();
    auto next = step_();
    if (!next) log_error("{}: {}", name_, next.error().message);
    auto const wait = next ? *next - clock_.now() : Duration(1'000);
    lock.lock();
    if (wait > Duration{0}) changed_.wait_for(lock, wait, [this] { return stopping_ || woken_; });
  }
}

}  // namespace argosy::server
