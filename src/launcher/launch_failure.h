// launcher/launch_failure.h - why a machine could not be started, as its StateReason tells it: pure.
#pragma once
#include <string>

#include "base/error.h"

namespace argosy::launcher {

struct LaunchFailure {
  std::string code;
  std::string message;
};

/// EC2's code, and behind it what is true; of a key, which one. Source: ec2-semantics B19.
LaunchFailure launch_failure(Error const& error);

}  // namespace argosy::launcher
