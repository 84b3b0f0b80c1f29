// cli/launch.h - does an image boot? One instance is started from it, watched, and terminated.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "cli/instances.h"
#include "cli/terminal.h"

namespace argosy::cli {

struct LaunchWish {
  std::string image_id;
  std::string instance_type;
  std::string expected;  ///< a part of the line; empty: any line that is not empty
};

/// As far as it came.
struct LaunchReport {
  std::string instance_id;           ///< empty: it was not even accepted
  std::string state;                 ///< when it was last seen before it was terminated
  std::string line;                  ///< the one that was waited for, as show_text; empty: it did not come
  std::chrono::milliseconds took{};  ///< from the launch to the line, or to the end of waiting
  bool terminated = false;
};

/// Waits for the line as long as the state changes within `limit`. The instance is terminated whatever
/// happens, and its volumes go with it. Fails as find_image and RunInstances do, `failed` if the instance
/// ends before, `timed_out`.
Outcome<void> launch_and_watch(Session& session, LaunchWish const& wish, std::chrono::milliseconds limit,
                               Terminal& terminal, LaunchReport& report);

/// The first line of a console's text that has `expected` in it; empty: any that is not blank. As show_text:
/// a machine must not write to the user's terminal.
std::optional<std::string> find_line(std::string_view console, std::string_view expected);

}  // namespace argosy::cli
