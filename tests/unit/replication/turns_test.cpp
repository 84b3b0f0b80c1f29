#include "replication/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy::replication {
namespace {

using Answer = Turns::Answer;
using std::chrono::hours;
using std::chrono::minutes;

class TurnsTest : public testing::Test {
 protected:
  void put(std::string const& source, std::string const& id, Duration in = Duration{0}) {
    auto task = std::make_unique<Task>();
    task->copy.id = id;
    task->copy.source_region = source;
    task->next = now_ + in;
    turns_.put(std::move(task));
  }
  /// The ids of so many, one after the other.
  std::string take(int count = 1) {
    std::string ids;
    for (int i = 0; i < count; ++i)
      if (auto const task = turns_.take(now_)) ids += task->copy.id;
    return ids;
  }
  void done(std::string const& source, Answer answer) { turns_.done(source, answer, now_); }

  Turns turns_{3};
  Time now_ = *parse_iso8601("2026-05-09T14:22:31Z");
};

TEST_F(TurnsTest, gives_who_has_waited_longest) {
  put("a", "second", Duration{2});
  put("b", "first", Duration{1});
  put("a", "later", minutes(1));
  EXPECT_EQ(take(), "");
  EXPECT_EQ(turns_.next(), now_ + Duration{1});
  now_ += Duration{2};
  EXPECT_EQ(take(), "first");
  EXPECT_EQ(take(), "second");
  EXPECT_EQ(take(), "");
}

TEST_F(TurnsTest, keeps_slow_sources_from_taking_every_thread) {
  for (auto const* id : {"1", "2", "3", "4"}) put("slow", id);
  put("trickling", "5");
  now_ += Duration{1};
  EXPECT_EQ(take(4), "152") << "a source with none first, and three steps in all";
  EXPECT_EQ(take(), "");
  EXPECT_FALSE(turns_.next()) << "until one of them is done";
  put("other", "mine");
  EXPECT_EQ(take(), "mine") << "at once";
  done("slow", Answer::given);
  EXPECT_EQ(take(), "") << "three steps are under way";
  done("other", Answer::given);
  EXPECT_EQ(take(), "3");
}

TEST_F(TurnsTest, goes_on_with_a_fast_source_although_tasks_of_slow_ones_have_waited_longer) {
  for (int i = 0; i < 20; ++i)
    for (auto const* slow : {"a", "b"}) put(slow, slow);
  take(3);
  for (int i = 0; i < 50; ++i) {
    now_ += Duration{250};
    put("fast", "mine");
    ASSERT_EQ(take(), "mine");
    done("fast", Answer::given);
    if (i % 10 == 0) done("a", Answer::given);
    if (i % 10 == 0) take();
  }
}

TEST_F(TurnsTest, lets_sources_take_turns_however_many_tasks_each_has) {
  std::vector<std::string> const slow{"a", "b", "c", "d", "e"};
  for (int i = 0; i < 20; ++i)
    for (auto const& source : slow) put(source, source);
  EXPECT_EQ(take(4), "abcd") << "there are four threads";
  put("fast", "mine");
  std::string order;
  for (std::size_t i = 0; i < 12; ++i) {  // the thread whose step has lasted longest ends it
    now_ += minutes(1);
    auto const ended = i < 4 ? slow[i] : order.substr(i - 4, 1);
    done(ended == "m" ? "fast" : ended, Answer::given);
    if (ended == "m") put("fast", "mine");
    order += take().substr(0, 1);
  }
  EXPECT_EQ(order, "emabcdemabcd");
}

TEST_F(TurnsTest, tries_a_source_that_is_away_with_one_task_at_a_time) {
  for (auto const* id : {"1", "2", "3", "4"}) put("away", id);
  EXPECT_EQ(take(), "1");
  done("away", Answer::none);
  EXPECT_EQ(take(), "") << "not before the source's own wait has passed";
  now_ = *turns_.next();
  EXPECT_EQ(take(), "2");
  EXPECT_EQ(take(), "");
  done("away", Answer::given);
  EXPECT_EQ(take(2), "34");
}

TEST_F(TurnsTest, waits_longer_for_a_source_with_each_failure_and_a_day_in_all) {
  auto const begin = now_;
  Patience patience;
  int tries = 0;
  for (; !patience.is_over(now_); ++tries) {
    put("away", "task");
    ASSERT_EQ(take(), "task");
    patience = turns_.done("away", Answer::none, now_);
    EXPECT_LE(patience.next() - now_, minutes(1));
    if (!patience.is_over(now_)) now_ = patience.next();
  }
  EXPECT_GE(now_ - begin, hours(24));
  EXPECT_LT(now_ - begin, hours(25));
  EXPECT_LT(tries, 1'500);
  put("away", "task");
  now_ = *turns_.next();
  EXPECT_EQ(take(), "task");
  EXPECT_FALSE(turns_.done("away", Answer::given, now_).is_tried());
}

TEST_F(TurnsTest, gives_all_that_wait_for_a_source_and_no_others) {
  put("a", "1");
  put("b", "2");
  put("a", "3", hours(1));
  auto const waiting = turns_.take_waiting("a");
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_EQ(waiting[0]->copy.id + waiting[1]->copy.id, "13");
  EXPECT_EQ(take(), "2");
  EXPECT_FALSE(turns_.next());
}

}  // namespace
}  // namespace argosy::replication
