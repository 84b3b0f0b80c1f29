// crypto/root_key.h - the key that a data directory's master keys are wrapped under: in a file, or in a
// token.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "crypto/crypto.h"

namespace argosy::crypto {

/// Of an error that has to do with a root key: what is wrong is the configuration or a credential.
inline constexpr char const* kRootKeyFault = "root key";

/// Used when a server starts and when keys are rotated, a few times in its life. One thread at a time.
class RootKey {
 public:
  virtual ~RootKey() = default;
  /// For people: "file /etc/argosy/root.key".
  virtual std::string const& name() const = 0;
  /// Authenticated encryption of a few hundred bytes at most; `associated` must be the same to unwrap. Both
  /// fail with the code kRootKeyFault: `denied` if the key does not open it or may not be used, `unavailable`
  /// if its holder does not answer.
  virtual Result<Bytes> wrap(ByteView associated, ByteView plain) = 0;
  virtual Result<Bytes> unwrap(ByteView associated, ByteView wrapped) = 0;
};

/// An AES key that never leaves its token.
struct TokenKey {
  std::string module;    ///< path of the token's PKCS#11 module, a shared library
  std::string token;     ///< its label
  std::string key;       ///< the label of the key in it
  std::string pin_file;  ///< the user's PIN, mode 0600
};

/// Where a root key is: in a file, or, with `token`, there.
struct RootKeyPlace {
  std::string file;
  std::optional<TokenKey> token;
};

enum class MissingFile { create, refuse };
/// The key in a file, 64 hexadecimal digits, that only its owner may read (mode 0600); with `create` it is
/// made if it is not there. Fails with the code kRootKeyFault and `not_found`, `denied`, `invalid`.
Result<Key> read_root_key_file(std::string const& path, MissingFile missing, Entropy& entropy);

/// Keys in tokens are never made here. Fails with the code kRootKeyFault: `not_found` (file, module, token,
/// key), `denied` (a file that others may read; a PIN that is not the token's, which is tried once),
/// `invalid`, `unavailable`.
Result<std::unique_ptr<RootKey>> open_root_key(RootKeyPlace const& place, MissingFile missing,
                                               Entropy& entropy);

}  // namespace argosy::crypto
