#include "http/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

namespace argosy::http {
namespace {

TEST(Workers, let_shares_take_turns_however_much_one_of_them_has_queued) {
  std::string order;
  {
    Workers workers(1, 100, {1, 1});
    std::promise<void> gate;
    workers.post("first", [&] { gate.get_future().wait(); });
    while (workers.waiting() > 0) std::this_thread::yield();
    for (int i = 0; i < 4; ++i) workers.post("greedy", [&] { order += 'g'; });
    workers.post("other", [&] { order += 'o'; });
    EXPECT_EQ(workers.waiting(), 5U);
    gate.set_value();
  }
  EXPECT_EQ(order, "goggg");
}

TEST(Workers, keep_threads_free_of_a_share_that_would_take_them_all) {
  std::promise<void> gate;
  auto const opened = gate.get_future().share();
  std::atomic<int> done = 0;
  std::promise<void> served;
  {
    Workers workers(4, 100, {2, 2});
    for (int i = 0; i < 10; ++i)
      workers.post("greedy", [&] {
        opened.wait();
        ++done;
      });
    workers.post("other", [&] { served.set_value(); });
    served.get_future().wait();  // although ten others came before
    while (workers.waiting() > 8) std::this_thread::yield();
    EXPECT_EQ(workers.waiting(), 8U) << "two run";
    gate.set_value();
  }
  EXPECT_EQ(done, 10) << "what is queued is finished";
}

TEST(Workers, let_a_share_go_on_whose_jobs_only_wait_but_never_with_all_threads) {
  std::promise<void> gate;
  auto const opened = gate.get_future().share();
  std::atomic<int> begun = 0;
  Workers workers(4, 100, {3, 1});
  for (int i = 0; i < 5; ++i)
    workers.post("waiting", [&] {
      ++begun;
      opened.wait();
    });
  while (begun < 3) std::this_thread::yield();  // one after the other, as each is fresh no more
  std::promise<void> served;
  workers.post("other", [&] { served.set_value(); });
  served.get_future().wait();
  EXPECT_EQ(begun, 3);
  gate.set_value();
}

TEST(Workers, refuse_what_is_beyond_the_queue) {
  std::promise<void> gate;
  Workers workers(1, 1, {1, 1});
  workers.post("a", [&] { gate.get_future().wait(); });
  while (workers.waiting() > 0) std::this_thread::yield();
  EXPECT_TRUE(workers.post("a", [] {}));
  EXPECT_FALSE(workers.post("b", [] {}));
  gate.set_value();
}

}  // namespace
}  // namespace argosy::http
