// tests/fuzz/ssh_key.cpp - public keys that somebody imports.
#include "crypto/ssh_key.h"

#include "fuzz/fuzz.h"

namespace argosy::fuzz {

void try_input(ByteView bytes) {
  auto const key = crypto::parse_ssh_public_key(as_text(bytes));
  check_error(key);
  if (!key) return;
  auto const again = crypto::parse_ssh_public_key(key->text() + " a comment");
  ARGOSY_ASSERT(again && again->blob == key->blob && again->type == key->type);
  ARGOSY_ASSERT(!crypto::imported_fingerprint(*key).empty());
  ARGOSY_ASSERT(key->text().find('\n') == std::string::npos);
}

}  // namespace argosy::fuzz
