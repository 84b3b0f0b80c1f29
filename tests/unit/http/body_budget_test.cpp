#include "http/body_budget.h"

#include <gtest/gtest.h>

#include <thread>

namespace argosy::http {
namespace {

constexpr std::uint64_t kLarge = 512 << 10;

TEST(BodyBudget, has_room_for_one_body_of_any_size_and_then_up_to_its_limit) {
  BodyBudget budget(1'000'000);
  auto alone = budget.reserve(5'000'000, [] {});
  EXPECT_TRUE(alone);
  EXPECT_FALSE(budget.reserve(kLarge, [] {}));
  alone.reset();
  auto first = budget.reserve(kLarge, [] {});
  EXPECT_TRUE(first);
  EXPECT_FALSE(budget.reserve(kLarge, [] {}));
  first.reset();
  EXPECT_TRUE(budget.reserve(kLarge, [] {}));
}

TEST(BodyBudget, keeps_a_share_for_small_bodies) {
  BodyBudget budget(1'000'000);
  auto large = budget.reserve(1'000'000, [] {});
  auto small = budget.reserve(100, [] {});
  EXPECT_TRUE(small);
}

TEST(BodyBudget, cuts_the_slowest_body_when_another_needs_its_room_but_none_that_just_began_or_is_whole) {
  BodyBudget budget(3 * kLarge);
  std::string cut;
  auto slow = budget.reserve(kLarge, [&] { cut += "slow "; });
  auto fast = budget.reserve(kLarge, [&] { cut += "fast "; });
  auto whole = budget.reserve(kLarge, [&] { cut += "whole "; });
  slow->arrived(10);
  fast->arrived(1'000);
  whole->complete();
  EXPECT_FALSE(budget.reserve(kLarge, [] {}));
  EXPECT_EQ(cut, "") << "all of them just began";
  std::this_thread::sleep_for(std::chrono::milliseconds(1'010));
  EXPECT_FALSE(budget.reserve(kLarge, [] {}));
  EXPECT_EQ(cut, "slow ");
  EXPECT_FALSE(budget.reserve(kLarge, [] {}));
  EXPECT_EQ(cut, "slow fast ") << "the next slowest while the first one is still going";
  EXPECT_FALSE(budget.reserve(kLarge, [] {}));
  EXPECT_EQ(cut, "slow fast ");
  slow.reset();
  EXPECT_TRUE(budget.reserve(kLarge, [] {}));
}

TEST(BodyBudget, cuts_bodies_of_any_size_where_something_else_is_wanted) {
  BodyBudget budget(3 * kLarge);
  std::string cut;
  auto large = budget.reserve(kLarge, [&] { cut += "large "; });
  auto small = budget.reserve(1, [&] { cut += "small "; });
  large->arrived(10);
  EXPECT_FALSE(budget.cut_slowest()) << "both just began";
  std::this_thread::sleep_for(std::chrono::milliseconds(1'010));
  EXPECT_TRUE(budget.cut_slowest());
  EXPECT_TRUE(budget.cut_slowest());
  EXPECT_FALSE(budget.cut_slowest());
  EXPECT_EQ(cut, "small large ");
}

}  // namespace
}  // namespace argosy::http
