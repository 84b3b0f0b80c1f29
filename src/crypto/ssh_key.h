// crypto/ssh_key.h - keys of SSH: their public form, their fingerprints as EC2 tells them, new ones.
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/entropy.h"
#include "base/error.h"

namespace argosy::crypto {

enum class SshKeyType { rsa, ed25519 };

struct SshPublicKey {
  SshKeyType type = SshKeyType::rsa;
  Bytes blob;  ///< RFC 4253 section 6.6, RFC 8709 section 4

  /// As in authorized_keys, without a comment: "ssh-ed25519 AAAA…".
  std::string text() const;
};

/// Takes a line of authorized_keys, RFC 4716's form, and base64 of a DER SubjectPublicKeyInfo. RSA keys have
/// 1,024 to 16,384 bits. Fails with `invalid`.
Result<SshPublicKey> parse_ssh_public_key(std::string_view text);

/// Of RSA, MD5 over the DER SubjectPublicKeyInfo, in pairs of digits with colons; of Ed25519, base64 of
/// SHA-256 over the blob, as OpenSSH. Source: EC2 User Guide, "Verify the fingerprint of your key pair".
std::string imported_fingerprint(SshPublicKey const& key);

struct SshKeyPair {
  SshPublicKey public_key;
  std::string private_key;  ///< RSA: PKCS #1 in PEM; Ed25519: OpenSSH's form
  /// Of RSA, SHA-1 over the DER PKCS #8 of the private key; of Ed25519 as of an imported one. Source: as
  /// above.
  std::string fingerprint;
};
/// RSA keys have 2,048 bits and take a tenth of a second; these come of OpenSSL's own generator.
Result<SshKeyPair> make_ssh_key_pair(SshKeyType type, Entropy& entropy);

}  // namespace argosy::crypto
