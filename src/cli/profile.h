// cli/profile.h - credentials, regions and endpoints from flags, environment and AWS's profile files, in the
// order of the SDKs: flag, then environment, then profile. Source: AWS SDKs and Tools Reference Guide.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/sources.h"
#include "remote/sign.h"

namespace argosy::cli {

/// What the user typed, the same for every verb.
struct Flags {
  std::vector<std::string> regions;
  std::string profile;
  std::string endpoint_url;
  std::string output = "table";
  std::string timeout = "30m";
  bool quiet = false;
  bool no_progress = false;
};

/// What follows from flags, environment and profile.
struct Settings {
  std::vector<std::string> regions;  ///< those of the flag, else the one default, else none
  /// Why there are none is told when they are needed.
  Outcome<remote::Credentials> credentials;
  std::string credentials_source;                                 ///< where they were found, for people
  std::map<std::string, std::string, std::less<>> endpoint_urls;  ///< by service; none: AWS's own
  std::string ca_path;
  int max_attempts = 5;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds io_timeout{60'000};  ///< without a byte moved
  std::chrono::milliseconds patience{};          ///< how long nothing may move
  std::string state_directory;                   ///< where records of unfinished work lie; may not exist yet
  /// What follows when a profile is named beside one thing ("lab:us-east-1/ami-…"): what that profile says
  /// goes before flags and environment.
  std::function<Outcome<Settings>(std::string const& profile)> of_profile;
  /// What the same flags say now: files may have changed, and a process gives other credentials.
  std::function<Outcome<Settings>()> resolve_again;

  /// The one region of a verb that works in one; fails with `configuration` if there is none, `usage` with
  /// several.
  Outcome<std::string> region() const;
};

/// Fails with `configuration`. Lack of credentials is no failure yet.
Outcome<Settings> resolve(Flags const& flags, Sources const& sources);
/// Those that flags, environment and profiles name, each once: what is known without asking anybody.
std::vector<std::string> list_known_regions(Sources const& sources);

}  // namespace argosy::cli
