#include "http/answer_budget.h"

#include <gtest/gtest.h>

#include <thread>

namespace argosy::http {
namespace {

constexpr std::uint64_t kBlock = 512 << 10;
constexpr std::uint64_t kThree = 3 * kBlock + 10'000;

class Answers : public testing::Test {
 protected:
  std::unique_ptr<AnswerBudget::Answer> hold(std::string const& share, std::string const& name,
                                             std::uint64_t bytes = kBlock) {
    return budget_.hold(share, bytes, [this, name] { cut_ += name + " "; });
  }
  static void wait_out_the_grace() { std::this_thread::sleep_for(std::chrono::milliseconds(1'010)); }

  AnswerBudget budget_{kThree};
  std::string cut_;
};

TEST_F(Answers, have_room_alone_of_any_size_and_then_up_to_the_limit) {
  auto alone = hold("a", "alone", 2 * kThree);
  EXPECT_TRUE(alone);
  EXPECT_FALSE(hold("a", "beside"));
  alone.reset();
  auto first = hold("a", "1");
  auto second = hold("a", "2");
  auto third = hold("a", "3");
  EXPECT_TRUE(first && second && third);
  EXPECT_FALSE(hold("a", "4"));
  second.reset();
  EXPECT_TRUE(hold("a", "4"));
  EXPECT_EQ(cut_, "");
}

TEST_F(Answers, of_whoever_holds_the_most_make_room_for_others_at_once) {
  auto first = hold("greedy", "1");
  auto second = hold("greedy", "2");
  auto third = hold("greedy", "3");
  first->sent(1'000);
  third->sent(1'000'000);
  EXPECT_TRUE(hold("modest", "m"));
  EXPECT_EQ(cut_, "2 ") << "the slowest";
  EXPECT_FALSE(hold("greedy", "4", 2 * kBlock)) << "its own have just begun";
}

TEST_F(Answers, that_are_read_slowly_make_room_for_others_of_the_same_share) {
  auto slow = hold("a", "slow");
  auto fast = hold("a", "fast");
  auto middle = hold("a", "middle");
  fast->sent(1'000);
  middle->sent(10);
  wait_out_the_grace();
  auto next = hold("a", "next");
  EXPECT_TRUE(next);
  EXPECT_EQ(cut_, "slow ");
  slow.reset();
  EXPECT_TRUE(hold("a", "another"));
  EXPECT_EQ(cut_, "slow middle ");
}

TEST_F(Answers, that_are_small_are_never_refused) {
  auto all = hold("a", "all", kThree);
  auto small = hold("a", "small", 1'000);
  auto empty = hold("a", "empty", 0);
  auto also_empty = hold("a", "empty", 0);
  EXPECT_TRUE(small && empty && also_empty);
}

TEST_F(Answers, that_are_read_slowest_go_where_something_else_is_wanted) {
  auto slow = hold("a", "slow");
  auto fast = hold("b", "fast");
  fast->sent(1'000);
  EXPECT_FALSE(budget_.cut_slowest()) << "both just began";
  wait_out_the_grace();
  EXPECT_TRUE(budget_.cut_slowest());
  EXPECT_TRUE(budget_.cut_slowest());
  EXPECT_FALSE(budget_.cut_slowest());
  EXPECT_EQ(cut_, "slow fast ");
}

}  // namespace
}  // namespace argosy::http
