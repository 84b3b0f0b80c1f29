#include "keystore/key_changes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace argosy::keystore {
namespace {

/// What a change of another thread's hears.
Result<void> change(KeyChanges& changes) {
  return std::async(std::launch::async,
                    [&]() -> Result<void> {
                      TRY(changes.begin());
                      return {};
                    })
      .get();
}

TEST(KeyChanges, go_on_beside_each_other) {
  KeyChanges changes;
  std::shared_lock const one(changes);
  EXPECT_TRUE(change(changes));
}

TEST(KeyChanges, are_refused_while_a_pause_lasts_and_may_be_tried_again) {
  KeyChanges changes;
  {
    std::unique_lock const pause(changes);
    auto const refused = change(changes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "DependencyTimeoutException");
  }
  EXPECT_TRUE(change(changes));
}

TEST(KeyChanges, do_not_begin_before_a_pause_that_waits) {
  KeyChanges changes;
  std::shared_lock under_way(changes);
  std::atomic<bool> paused = false;
  std::thread pausing([&] {
    std::unique_lock const pause(changes);
    paused = true;
  });
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  bool begins = true;
  while (begins && std::chrono::steady_clock::now() < deadline) begins = change(changes).has_value();
  EXPECT_FALSE(begins) << "in steady overlap they would keep it waiting";
  EXPECT_FALSE(paused) << "before what was under way has ended";
  under_way.unlock();
  pausing.join();
  EXPECT_TRUE(paused);
  EXPECT_TRUE(change(changes));
}

}  // namespace
}  // namespace argosy::keystore
