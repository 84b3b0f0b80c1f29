// server/peer_commands.h - the operators' commands for regions apart: certificates, accounts to and from
// other processes, and who has opened what.
#pragma once
#include <string>
#include <vector>

#include "server/beside.h"

namespace argosy::server {

class PeerCommands {
 public:
  /// Adds them to the program, below `account` where they are about accounts; it outlives the parsing.
  void add_to(CLI::App& app, Actions& actions);

 private:
  void add_transfer(CLI::App& account, Actions& actions);
  void add_certificate(CLI::App& app, Actions& actions);
  Result<void> export_accounts() const;
  Result<void> import_accounts() const;
  Result<void> make_authority() const;
  Result<void> issue_certificate() const;
  Result<void> list_openings() const;

  Beside beside_;
  Output output_;
  std::string peer_;
  std::string file_;
  std::string directory_ = ".";
  std::string name_ = "Argosy private authority";
  std::vector<std::string> names_;
  int authority_days_ = 3'650;
  int certificate_days_ = 365;
  std::string region_;
  std::size_t limit_ = 1'000;
};

}  // namespace argosy::server
