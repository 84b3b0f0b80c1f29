// keys/encryption_context.h - what a ciphertext is bound to: pairs of texts that must be given again to
// decrypt it.
#pragma once
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace argosy::keys {

using EncryptionContext = std::map<std::string, std::string>;

/// Names and values together, in bytes. Source: AWS KMS API reference, "Encrypt".
inline constexpr std::size_t kMaxContextBytes = 8'192;

/// Fails with ValidationException on an empty name or too many bytes.
Result<void> check_context(EncryptionContext const& context);

/// The same bytes for the same pairs, in whatever order they came; other bytes for others.
/// docs/formats/ciphertext.md.
Bytes to_canonical(EncryptionContext const& context);
/// Fails with `corrupt` on anything that `to_canonical` does not give.
Result<EncryptionContext> from_canonical(ByteView bytes);

}  // namespace argosy::keys
