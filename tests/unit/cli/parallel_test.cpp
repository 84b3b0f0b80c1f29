#include "cli/parallel.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

#include "cli/patience.h"

namespace argosy::cli {
namespace {

TEST(Steps, are_taken_until_none_is_left) {
  std::atomic<int> left = 100;
  ASSERT_TRUE(run_steps(4, [&]() -> Outcome<bool> { return --left > 0; }));
  EXPECT_EQ(left, -3);  // each of the four threads heard once that none is left
}

TEST(Steps, end_with_the_first_failure) {
  std::atomic<int> taken = 0;
  auto outcome = run_steps(4, [&]() -> Outcome<bool> {
    if (++taken == 10) return stop(Exit::failed, "the tenth");
    return true;
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "the tenth");
}

TEST(Steps, name_the_flag_for_fewer_at_once_where_nothing_moves) {
  auto const step = []() -> Outcome<bool> { return stop(Exit::timed_out, "nothing moved"); };
  EXPECT_NE(run_steps(2, step).error().message.find("--jobs 1"), std::string::npos);
  EXPECT_EQ(run_steps(1, step).error().message, "nothing moved");
}

TEST(Each, is_worked_on_once) {
  std::vector<std::atomic<int>> seen(50);
  run_each(8, seen.size(), [&](std::size_t i) { ++seen[i]; });
  for (auto const& count : seen) EXPECT_EQ(count, 1);
  run_each(8, 0, [](std::size_t) { FAIL(); });
}

TEST(Patience, tries_again_what_may_pass_and_nothing_else) {
  Patience patience(std::chrono::seconds(60), [] {});
  int calls = 0;
  auto passed = patience.persist([&]() -> Outcome<int> {
    if (++calls < 3) return stop(Exit::temporary, "busy");
    return calls;
  });
  ASSERT_TRUE(passed);
  EXPECT_EQ(*passed, 3);
  auto refused = patience.persist([&]() -> Outcome<int> { return stop(Exit::service, "no"); });
  EXPECT_EQ(refused.error().exit, Exit::service);
}

TEST(Patience, ends_when_nothing_moves) {
  Patience patience(std::chrono::milliseconds(1), [] {});
  auto outcome = patience.persist([]() -> Outcome<int> { return stop(Exit::temporary, "busy"); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().exit, Exit::timed_out);
  EXPECT_NE(outcome.error().message.find("busy"), std::string::npos);
}

/// Those whose next is about a second.
Pauses long_pauses() {
  Pauses pauses;
  while (pauses.next() < std::chrono::seconds(1)) {
  }
  return pauses;
}

/// Several pause at once, and a byte says that they are about to; the process ends with the number of those
/// who lost their patience.
[[noreturn]] void pause_and_exit(int about_to) {
  watch_signals();
  Patience patience(std::chrono::seconds(2), [] {});
  std::atomic<int> impatient = 0;
  auto const pauses = long_pauses();
  bool const told = write(about_to, "", 1) == 1;
  run_each(8, 8, [&](std::size_t) {
    auto own = pauses;
    if (!patience.pause(own)) ++impatient;
  });
  _exit(told ? impatient.load() : -1);
}

TEST(Patience, does_not_count_the_time_in_which_the_process_was_stopped) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  auto const child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) pause_and_exit(ends[1]);
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // so that they are within the pause
  ASSERT_EQ(kill(child, SIGSTOP), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  ASSERT_EQ(kill(child, SIGCONT), 0);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 0);
  for (int end : ends) close(end);
}

TEST(Patience, does_not_count_a_stop_between_two_pauses) {
  watch_signals();
  Patience patience(std::chrono::seconds(1), [] {});
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  kill(getpid(), SIGCONT);
  Pauses pauses;
  EXPECT_TRUE(patience.pause(pauses));
}

}  // namespace
}  // namespace argosy::cli
