// cli/interrupt.cpp - see interrupt.h.
#include "cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <mutex>
#include <thread>

#include "cli/failure.h"

namespace argosy::cli {
namespace {

/// Whoever passes signals on may do so twice; a person does not press a key again so soon.
constexpr auto kSameSignal = std::chrono::milliseconds(500);

std::mutex continued_mutex;  // guards continued, and the signal that it is read from
std::chrono::steady_clock::time_point continued{};
std::mutex mutex;  // guards actions
std::list<std::function<void()>> actions;

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : numbers) sigaddset(&set, number);
  return set;
}

bool is_ignored(int number) {
  struct sigaction now {};
  return sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

Exit exit_of(int number) {
  if (number == SIGHUP) return Exit::hung_up;
  return number == SIGINT ? Exit::interrupted : Exit::terminated;
}

/// The actions may wait for a network that is away.
void end_at_once_when_asked_again() {
  std::this_thread::sleep_for(kSameSignal);
  auto const again = set_of({SIGINT});
  timespec const now{};
  while (sigtimedwait(&again, nullptr, &now) == SIGINT) {
  }
  int number = 0;
  sigwait(&again, &number);
  _exit(static_cast<int>(Exit::interrupted));
}

}  // namespace

void watch_signals() {
  auto signals = set_of({SIGINT, SIGTERM});
  if (!is_ignored(SIGHUP)) sigaddset(&signals, SIGHUP);
  auto blocked = signals;
  sigaddset(&blocked, SIGCONT);  // it stays pending until last_continued takes it
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  std::signal(SIGCHLD, SIG_DFL);
  std::thread([signals] {
    int number = 0;
    sigwait(&signals, &number);
    std::thread(&end_at_once_when_asked_again).detach();
    std::lock_guard lock(mutex);
    for (auto action = actions.rbegin(); action != actions.rend(); ++action) (*action)();
    _exit(static_cast<int>(exit_of(number)));
  }).detach();
}

std::chrono::steady_clock::time_point last_continued() {
  std::lock_guard lock(continued_mutex);
  auto const signal = set_of({SIGCONT});
  timespec const now{};
  if (sigtimedwait(&signal, nullptr, &now) == SIGCONT) continued = std::chrono::steady_clock::now();
  return continued;
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
