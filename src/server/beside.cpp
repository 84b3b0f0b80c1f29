// server/beside.cpp - see beside.h.
#include "server/beside.h"

#include <iostream>

#include "base/text.h"

namespace argosy::server {

void Output::add_to(CLI::App& command) {
  command.add_option("--output,-o", format, "table or json")->check(CLI::IsMember({"table", "json"}));
}

void Output::print(boost::json::array const& rows) const {
  if (format == "json") {
    std::cout << boost::json::serialize(rows) << "\n";
    return;
  }
  for (auto const& row : rows) {
    std::string line;
    for (auto const& [key, value] : row.get_object())
      (line += line.empty() ? "" : "  ") +=
          value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
    std::cout << escape_controls(line) << "\n";
  }
}

void Beside::add_to(CLI::App& command) {
  auto* config = command.add_option("--config,-c", config_file, "The configuration file of the server");
  command.add_option("--data-dir", data_directory, "Instead: the data directory of the server")
      ->excludes(config);
  command.add_option("--root-key", root_key_file, "and the root key file (default: DIR.root-key)")
      ->excludes(config);
  output.add_to(command);
}

Result<Config> Beside::config() const {
  if (!config_file.empty()) {
    auto told = read_config(config_file);
    auto checked = told ? check(*told) : Result<void>{};
    if (!told || !checked) {
      auto const& error = told ? checked.error() : told.error();
      return fail(error.fault, kConfigurationFault, error.message);
    }
    return told;
  }
  if (data_directory.empty())
    return fail(Fault::invalid, kConfigurationFault, "give --config FILE or --data-dir DIR; see --help");
  Config told;
  told.data_directory = data_directory;
  told.root_key.file = root_key_file.empty() ? default_root_key_file(data_directory) : root_key_file;
  return told;
}

}  // namespace argosy::server
