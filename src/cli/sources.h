// cli/sources.h - what surrounds the command: its environment, files, and the processes that it asks.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cli/failure.h"

namespace argosy::cli {

using Environment = std::map<std::string, std::string, std::less<>>;
Environment process_environment();
/// What is set and not empty.
std::optional<std::string> find(Environment const& environment, std::string_view name);

/// Handed in, so that tests need neither files nor processes.
struct Sources {
  Environment environment;
  std::function<std::optional<std::string>(std::string const& path)> read_file;
  std::function<Outcome<std::string>(std::string const& command)> run;  ///< what it writes to stdout
};
Sources real_sources();

}  // namespace argosy::cli
