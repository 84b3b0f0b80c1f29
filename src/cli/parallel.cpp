// cli/parallel.cpp - see parallel.h.
#include "cli/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace argosy::cli {
namespace {

constexpr char const* kFewer = "; over a slow link fewer blocks at once may get through: --jobs 1";

}  // namespace

Outcome<void> run_steps(std::size_t threads, std::function<Outcome<bool>()> const& step) {
  std::mutex mutex;
  std::optional<Failure> first_failure;
  auto work = [&] {
    while (true) {
      {
        std::lock_guard lock(mutex);
        if (first_failure) return;
      }
      auto more = step();
      if (more && *more) continue;
      std::lock_guard lock(mutex);
      if (!more && !first_failure) first_failure = more.error();
      return;
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(work);
  }
  if (!first_failure) return {};
  if (first_failure->exit == Exit::timed_out && threads > 1) first_failure->message += kFewer;
  return std::unexpected(*first_failure);
}

void run_each(std::size_t threads, std::size_t count, std::function<void(std::size_t)> const& work) {
  std::atomic<std::size_t> next = 0;
  auto ignored = run_steps(std::min(threads, count), [&]() -> Outcome<bool> {
    auto i = next++;
    if (i < count) work(i);
    return i < count;
  });
  static_cast<void>(ignored);  // no step fails
}

}  // namespace argosy::cli
