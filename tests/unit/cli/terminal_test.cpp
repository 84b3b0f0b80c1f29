#include "cli/terminal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace argosy::cli {
namespace {

using std::chrono::milliseconds;

/// What is written to stdout and stderr while it lives, in the order in which a terminal gets it.
class Screen {
 public:
  Screen() : out_(take(stdout, STDOUT_FILENO)), err_(take(stderr, STDERR_FILENO)) {}
  ~Screen() {
    give_back(stdout, STDOUT_FILENO, out_);
    give_back(stderr, STDERR_FILENO, err_);
    std::fclose(file_);
  }
  Screen(Screen const&) = delete;
  Screen& operator=(Screen const&) = delete;

  std::string text() const {
    std::array<char, 4096> buffer{};
    auto const size = ::pread(fileno(file_), buffer.data(), buffer.size(), 0);
    return {buffer.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

 private:
  int take(std::FILE* stream, int descriptor) {
    std::fflush(stream);
    int const before = ::dup(descriptor);
    ::dup2(fileno(file_), descriptor);
    return before;
  }
  static void give_back(std::FILE* stream, int descriptor, int before) {
    std::fflush(stream);
    ::dup2(before, descriptor);
    ::close(before);
  }

  std::FILE* file_ = std::tmpfile();
  int out_;
  int err_;
};

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

TEST(Terminal, prints_above_the_bars) {
  std::string written;
  {
    Screen screen;
    Terminal terminal(Format::table, ProgressStyle::bars, false);
    auto const copy = terminal.begin("us-west-2");
    terminal.update(copy, {"pending", 0, 0, std::nullopt});
    terminal.print(std::string_view("eu-west-1 ami-1\n"));
    written = screen.text();
  }
  std::string const bar = "us-west-2  [------------------------]  pending\n";
  EXPECT_EQ(written, bar + "\x1b[1A\x1b[J" + "eu-west-1 ami-1\n" + bar);
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
