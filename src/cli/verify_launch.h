// cli/verify_launch.h - argosy verify --launch: an image proves that it boots, as the account that got it.
#pragma once
#include "cli/terminal.h"

namespace argosy::cli {

struct VerifyLaunchOptions {
  std::string image;
  std::string profile;  ///< of the account that launches; empty: the caller's own
  std::string expected;
  std::string instance_type = "t3.micro";
};

/// Reports what it saw, also of a failure.
Outcome<Exit> verify_launch(VerifyLaunchOptions const& options, Settings const& settings, Terminal& terminal);

}  // namespace argosy::cli
