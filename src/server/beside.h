// server/beside.h - what the operators' commands beside a server share: where its data are, and how rows are
// shown.
#pragma once
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "catalogue/schema.h"
#include "server/config.h"
#include "server/directory.h"

namespace argosy::server {

/// A parsed command and what it does.
using Actions = std::vector<std::pair<CLI::App*, std::function<Result<void>()>>>;

/// The rows of a command on stdout: a line each, or JSON.
struct Output {
  std::string format = "table";

  void add_to(CLI::App& command);
  /// Rows of equal keys.
  void print(boost::json::array const& rows) const;
};

struct Beside {
  std::string config_file;
  std::string data_directory;
  std::string root_key_file;
  Output output;

  void add_to(CLI::App& command);
  /// What --config says; data directory and root key from --data-dir and --root-key without it. Fails with
  /// `invalid` if neither is given.
  Result<Config> config() const;

  /// Runs `function(tx)` on the directory of accounts, and commits what writes.
  template <class Function>
  Result<void> run(sql::Access access, Function function) const {
    auto const told = TRY(config());
    auto session = TRY(open_accounts(told.data_directory));
    auto tx = TRY(catalogue::Transaction::begin(*session, access));
    TRY(function(tx));
    return access == sql::Access::write ? tx.commit() : Result<void>{};
  }
  /// Runs `function(tx, master_keys)` in a writing transaction, and commits.
  template <class Function>
  Result<void> run_with_keys(Function function) const {
    auto const told = TRY(config());
    auto session = TRY(open_accounts(told.data_directory));
    auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
    auto master_keys = TRY(open_master_keys(tx, told.data_directory, told.root_key, system_entropy()));
    TRY(function(tx, *master_keys));
    return tx.commit();
  }
};

}  // namespace argosy::server
