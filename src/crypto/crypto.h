// crypto/crypto.h - HMAC, HKDF and AES-256-GCM over OpenSSL, and keys that cannot be mistaken for bytes.
#pragma once
#include <array>
#include <string_view>

#include "base/bytes.h"
#include "base/entropy.h"
#include "base/error.h"
#include "digest/sha256.h"

namespace argosy::crypto {

/// 256 secret bits, wiped when they go.
class Key {
 public:
  Key() = default;
  explicit Key(std::array<std::byte, 32> const& bytes) : bytes_(bytes) {}
  Key(Key const&) = default;
  Key& operator=(Key const&) = default;
  ~Key();
  static Key random(Entropy& entropy);
  /// Fails with `invalid` unless 32 bytes.
  static Result<Key> copy_of(ByteView bytes);
  ByteView bytes() const { return bytes_; }
  /// In constant time.
  friend bool operator==(Key const& a, Key const& b);

 private:
  std::array<std::byte, 32> bytes_{};
};

/// RFC 2104 with SHA-256. Any key length.
digest::Digest hmac_sha256(ByteView key, ByteView message);
/// RFC 5869 with SHA-256, 32 bytes out.
Key hkdf_sha256(ByteView secret, ByteView salt, ByteView info);
/// Compares without telling by its time where they differ.
bool equal_in_constant_time(ByteView a, ByteView b);

inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

/// AES-256-GCM (NIST SP 800-38D): ciphertext and 16 bytes of tag. The caller must never use a nonce twice
/// with a key for different messages.
Bytes seal(Key const& key, ByteView nonce, ByteView associated, ByteView plain);
/// Fails with `corrupt` if the key, the nonce, the associated data or a bit of `sealed` is not what it was.
Result<Bytes> open(Key const& key, ByteView nonce, ByteView associated, ByteView sealed);

/// The same with a random nonce in front: for few and small secrets at rest.
Bytes wrap(Key const& key, ByteView associated, ByteView plain, Entropy& entropy);
Result<Bytes> unwrap(Key const& key, ByteView associated, ByteView wrapped);

}  // namespace argosy::crypto
