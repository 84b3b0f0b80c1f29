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
#include "remote/sign.h"

namespace argosy::cli {

using Environment = std::map<std::string, std::string, std::less<>>;
Environment process_environment();

/// Section -> key -> value. A nested key ("ec2 =" and below it "  endpoint_url = …") reads
/// "ec2.endpoint_url".
using Ini = std::map<std::string, std::map<std::string, std::string>>;
Ini parse_ini(std::string_view text);

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
  remote::Credentials credentials;
  std::map<std::string, std::string, std::less<>> endpoint_urls;  ///< by service; none: AWS's own
  std::string ca_path;
  int max_attempts = 5;
  std::chrono::milliseconds patience{};  ///< how long nothing may move

  /// The one region of a verb that works in one; fails with `configuration` if there is none, `usage` with
  /// several.
  Outcome<std::string> region() const;
};

/// Handed in, so that tests need neither files nor processes.
struct Sources {
  Environment environment;
  std::function<std::optional<std::string>(std::string const& path)> read_file;
  std::function<Outcome<std::string>(std::string const& command)> run;  ///< what it writes to stdout
};
Sources real_sources();

Outcome<Settings> resolve(Flags const& flags, Sources const& sources);

}  // namespace argosy::cli
