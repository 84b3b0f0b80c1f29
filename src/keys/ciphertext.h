// keys/ciphertext.h - what a key encrypts: a blob that names its key and the version of its material.
// docs/formats/ciphertext.md has the bytes.
#pragma once
#include "crypto/crypto.h"
#include "keys/encryption_context.h"

namespace argosy::keys {

/// The most that is encrypted at once, in bytes. Source: AWS KMS API reference, "Encrypt".
inline constexpr std::size_t kMaxPlaintextBytes = 4'096;

struct CiphertextHead {
  std::string key_id;
  std::uint32_t material_version = 1;
};

/// Which key it says it was encrypted with: not yet proven. Fails with InvalidCiphertextException.
Result<CiphertextHead> read_head(ByteView blob);

/// `material` is that key's, of that version. At most kMaxPlaintextBytes.
Bytes encrypt(crypto::Key const& material, CiphertextHead const& head, EncryptionContext const& context,
              ByteView plain, Entropy& entropy);
/// Fails with InvalidCiphertextException if the material, the context or a bit of the blob is another one.
Result<Bytes> decrypt(crypto::Key const& material, EncryptionContext const& context, ByteView blob);

/// 64 hexadecimal digits that name a material and tell nothing of it.
std::string material_id(crypto::Key const& material);

}  // namespace argosy::keys
