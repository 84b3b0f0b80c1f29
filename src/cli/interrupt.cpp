// cli/interrupt.cpp - see interrupt.h.
#include "cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <thread>

#include "cli/failure.h"

namespace argosy::cli {
namespace {

std::mutex mutex;  // guards actions
std::list<std::function<void()>> actions;

}  // namespace

void watch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    std::lock_guard lock(mutex);
    for (auto action = actions.rbegin(); action != actions.rend(); ++action) (*action)();
    _exit(static_cast<int>(signal == SIGINT ? Exit::interrupted : Exit::terminated));
  }).detach();
}

OnInterrupt::OnInterrupt(std::function<void()> action) {
  std::lock_guard lock(mutex);
  place_ = actions.insert(actions.end(), std::move(action));
}
OnInterrupt::~OnInterrupt() {
  std::lock_guard lock(mutex);
  actions.erase(place_);
}

}  // namespace argosy::cli
