// crypto/master_keys.h - the keys of a data directory, under which every secret at rest is wrapped.
//
// A wrapped secret: 4 bytes of version, little-endian; a random nonce of 12; AES-256-GCM's ciphertext and tag
// of 16. One that was wrapped before keys had versions lacks the first four.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>

#include "crypto/crypto.h"

namespace argosy::crypto {

/// The newest key wraps, every other opens what was wrapped under it. One that was replaced is opened with
/// until the process ends: whoever read a secret before it was wrapped anew still opens it. Any thread.
class MasterKeys {
 public:
  using Version = std::uint32_t;
  /// Of the key of a directory that was made before keys had versions.
  static constexpr Version kUnversioned = 0;

  MasterKeys(Version version, Key const& key) { add(version, key); }
  MasterKeys(MasterKeys const&) = delete;
  MasterKeys& operator=(MasterKeys const&) = delete;

  /// From now on this key wraps: its version is higher than any other.
  void add(Version version, Key const& key);
  Version current() const;
  /// Fails with `not_found`.
  Result<Key> key(Version version) const;

  /// `associated` binds the secret to its place: it opens with the same alone.
  Bytes wrap(ByteView associated, ByteView plain, Entropy& entropy) const;
  /// Fails with `corrupt` if no key of the directory opens it.
  Result<Bytes> unwrap(ByteView associated, ByteView wrapped) const;
  /// The same of a secret that is a key: no other copy of it is left in memory.
  Result<Key> unwrap_key(ByteView associated, ByteView wrapped) const;
  /// The same secret under the current key; nothing if that is what it is under. Fails as `unwrap` does.
  Result<std::optional<Bytes>> wrap_anew(ByteView associated, ByteView wrapped, Entropy& entropy) const;

 private:
  struct Opened {
    Version version;
    Bytes plain;
  };
  Result<Opened> open_wrapped(ByteView associated, ByteView wrapped) const;

  mutable std::shared_mutex mutex_;  // guards keys_
  std::map<Version, Key> keys_;
};

}  // namespace argosy::crypto
