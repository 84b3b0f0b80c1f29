// instances/key_pair.cpp - see key_pair.h. Source of the codes: EC2 API Reference, "Error codes".
#include "instances/key_pair.h"

#include <algorithm>

#include "images/errors.h"

namespace argosy::instances {

Result<void> check_key_name(std::string_view name) {
  constexpr std::size_t kMaxCharacters = 255;
  auto printed = [](char c) { return c >= ' ' && c <= '~'; };
  if (name.empty() || name.size() > kMaxCharacters || !std::ranges::all_of(name, printed) ||
      name.front() == ' ' || name.back() == ' ')
    return images::invalid_parameter_value(
        "A key name has 1 to 255 ASCII characters, and no blank at its beginning or end");
  return {};
}

std::unexpected<Error> key_pair_not_found(std::vector<std::string> const& names) {
  return fail(Fault::not_found, "InvalidKeyPair.NotFound",
              names.size() == 1 ? "The key pair '" + names.front() + "' does not exist"
                                : "The key pairs '" + images::join(names) + "' do not exist");
}

std::unexpected<Error> key_pair_id_not_found(std::vector<std::string> const& ids) {
  return fail(Fault::not_found, "InvalidKeyPair.NotFound",
              ids.size() == 1 ? "The key pair ID '" + ids.front() + "' does not exist"
                              : "The key pair IDs '" + images::join(ids) + "' do not exist");
}

std::unexpected<Error> key_name_taken(std::string_view name) {
  return fail(Fault::conflict, "InvalidKeyPair.Duplicate",
              "The keypair '" + std::string(name) + "' already exists.");
}

std::unexpected<Error> no_public_key(std::string_view why) {
  return fail(Fault::invalid, "InvalidKey.Format",
              "Key is not in valid OpenSSH public key format: " + std::string(why));
}

}  // namespace argosy::instances
