// crypto/root_key_drivers.h - what the two drivers of RootKey share.
#pragma once
#include "crypto/root_key.h"

namespace argosy::crypto {

inline std::unexpected<Error> root_key_fault(Fault fault, std::string message) {
  return fail(fault, kRootKeyFault, std::move(message));
}

/// As open_root_key, of a key in a token: token_root_key.cpp.
Result<std::unique_ptr<RootKey>> open_token_root_key(TokenKey const& place, Entropy& entropy);

}  // namespace argosy::crypto
