// server/upkeep_commands.h - argosyd gc, scrub, repair, usage and backup: they ask the server that runs.
#pragma once
#include <optional>
#include <string>

#include "server/beside.h"

namespace argosy::server {

class UpkeepCommands {
 public:
  explicit UpkeepCommands(CLI::App& app);
  /// The exit status: 1 if a region failed, or something is damaged, or was and is not repaired. Nothing if
  /// none of these was given.
  std::optional<Result<int>> run();

 private:
  using Rows = boost::json::array;
  CLI::App* add(CLI::App& app, std::string const& name, std::string const& help);
  Result<Rows> work(std::string const& path, std::string const& query) const;
  Result<int> gc() const;
  Result<int> scrub() const;
  Result<int> repair() const;
  Result<int> usage() const;
  Result<int> backup() const;
  /// Returns 1 if a region failed: what it said goes to stderr.
  int print(Rows const& rows, std::string (*describe)(boost::json::object const&)) const;

  Beside beside_;
  std::string region_;
  std::optional<std::int64_t> grace_seconds_;
  std::string backup_folder_;
  CLI::App* gc_;
  CLI::App* scrub_;
  CLI::App* repair_;
  CLI::App* usage_;
  CLI::App* backup_;
};

}  // namespace argosy::server
