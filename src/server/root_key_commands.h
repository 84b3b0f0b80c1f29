// server/root_key_commands.h - argosyd root-key: what operators ask a running server about its keys, and what
// it answers.
#pragma once
#include "server/beside.h"
#include "server/key_rotation.h"
#include "server/operator.h"

namespace argosy::server {

/// GET /root-key tells how the keys are. POST /root-key/rotate begins a rotation and tells the same:
/// to_file=PATH, or to_module, to_token, to_key and to_pin_file; master=true. `wake` says that there is work
/// for KeyRotation::step.
void add_root_key_routes(OperatorDoor& door, KeyRotation& rotation, std::function<void()> wake);

class RootKeyCommands {
 public:
  void add_to(CLI::App& app, Actions& actions);

 private:
  Result<void> status() const;
  Result<void> rotate() const;

  Beside beside_;
  std::string to_file_;
  crypto::TokenKey to_token_;
  bool master_ = false;
};

}  // namespace argosy::server
