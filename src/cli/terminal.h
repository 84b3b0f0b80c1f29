// cli/terminal.h - data to stdout; notes, errors and progress to stderr, as bars on a terminal and as lines
// elsewhere.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.h"
#include "cli/profile.h"

namespace argosy::cli {

enum class Format { table, json };
enum class ProgressStyle { none, lines, bars };

/// Bars need a terminal that can move its cursor, and a person before it.
ProgressStyle choose_progress_style(Flags const& flags, Environment const& environment, bool is_terminal);

/// How far a piece of work is.
struct Status {
  std::string state;  ///< one word or two: "pending", "reading"
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0: not known
  std::optional<int> percent;     ///< instead of bytes, where only that is known
};

/// "us-west-2   45 %  pending  460.8 MiB of 1.0 GiB  120.0 MiB/s  5 s left", with a bar of `bar_columns` (0:
/// none).
std::string show_status(std::string_view label, Status const& status, std::chrono::milliseconds elapsed,
                        std::size_t bar_columns);

/// Any thread.
class Terminal {
 public:
  using Line = std::size_t;

  Terminal(Format format, ProgressStyle style, bool quiet);

  Format format() const { return format_; }
  /// To stdout, as it stands.
  void print(std::string_view text);
  void print(boost::json::value const& value);
  /// A line to stderr, unless --quiet.
  void note(std::string_view text);
  /// The same, also with --quiet.
  void complain(std::string_view text);

  /// A piece of work whose progress is shown until it ends.
  Line begin(std::string label);
  void update(Line line, Status const& status);
  void end(Line line);

  /// Failed writes to stdout become known here, at the end.
  Outcome<void> finish();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Work {
    std::string label;
    Status status;
    SteadyTime began;
    SteadyTime shown;
    bool ended = false;
  };
  void write_line(std::string_view text);
  void erase_bars();
  void draw_bars();

  Format const format_;
  ProgressStyle const style_;
  bool const quiet_;
  std::mutex mutex_;  // guards what follows, stdout and stderr
  std::vector<Work> work_;
  std::size_t bars_drawn_ = 0;
  SteadyTime drawn_{};
};

}  // namespace argosy::cli
