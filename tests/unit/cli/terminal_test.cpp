#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

using std::chrono::milliseconds;

TEST(Status, shows_bytes_rate_and_time_left) {
  Status status{"pending", 256ULL << 20U, 1ULL << 30U, std::nullopt};
  EXPECT_EQ(show_status("us-west-2", status, milliseconds(2'000), 0),
            "us-west-2   25 %  pending  256.0 MiB of 1.0 GiB  128.0 MiB/s  6.0 s left");
  EXPECT_EQ(show_status("a", status, milliseconds(10), 8),
            "a  [##------]   25 %  pending  256.0 MiB of 1.0 GiB");
}

TEST(Status, shows_percent_alone_or_nothing_where_no_more_is_known) {
  EXPECT_EQ(show_status("a", {"pending", 0, 0, 40}, milliseconds(5'000), 0), "a   40 %  pending");
  EXPECT_EQ(show_status("a", {"pending", 0, 0, std::nullopt}, milliseconds(5'000), 0), "a  pending");
  EXPECT_EQ(show_status("a", {"reading", 1024, 0, std::nullopt}, milliseconds(10), 0), "a  reading  1.0 KiB");
}

TEST(ProgressStyle, needs_a_terminal_and_a_person_for_bars) {
  Environment usual{{"TERM", "xterm"}};
  EXPECT_EQ(choose_progress_style({}, usual, true), ProgressStyle::bars);
  EXPECT_EQ(choose_progress_style({}, usual, false), ProgressStyle::lines);
  EXPECT_EQ(choose_progress_style({}, {{"TERM", "dumb"}}, true), ProgressStyle::lines);
  EXPECT_EQ(choose_progress_style({}, {}, true), ProgressStyle::lines);
  EXPECT_EQ(choose_progress_style({}, {{"TERM", "xterm"}, {"CI", "true"}}, true), ProgressStyle::lines);
  Flags quiet;
  quiet.quiet = true;
  Flags no_progress;
  no_progress.no_progress = true;
  EXPECT_EQ(choose_progress_style(quiet, usual, true), ProgressStyle::none);
  EXPECT_EQ(choose_progress_style(no_progress, usual, true), ProgressStyle::none);
}

}  // namespace
}  // namespace argosy::cli
