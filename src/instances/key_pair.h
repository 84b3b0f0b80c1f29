// instances/key_pair.h - what a key pair is: a public key for SSH with a name, which a machine gives to the
// user that logs in. Source: EC2 User Guide, "Amazon EC2 key pairs".
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace argosy::instances {

/// The private key is told to whoever makes the pair, and kept nowhere.
struct KeyPair {
  std::string id;    ///< key-…
  std::string name;  ///< one of a kind in its account and region
  std::string type;  ///< "rsa" or "ed25519"
  std::string fingerprint;
  std::string public_key;  ///< a line of authorized_keys
  Time created{};
};

/// 1 to 255 ASCII characters that can be printed, without blanks at either end. Fails with
/// InvalidParameterValue.
Result<void> check_key_name(std::string_view name);

std::unexpected<Error> key_pair_not_found(std::vector<std::string> const& names);
std::unexpected<Error> key_pair_id_not_found(std::vector<std::string> const& ids);
std::unexpected<Error> key_name_taken(std::string_view name);
/// What was imported is no public key for SSH.
std::unexpected<Error> no_public_key(std::string_view why);

}  // namespace argosy::instances
