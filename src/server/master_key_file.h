// server/master_key_file.h - DIR/master-keys: the master keys of a data directory, wrapped under its root
// key. docs/formats/master-keys.md.
#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/master_keys.h"
#include "crypto/root_key.h"

namespace argosy::server {

struct WrappedMasterKey {
  std::int64_t version = 0;
  Time made{};
  Bytes wrapped;
};
BOOST_DESCRIBE_STRUCT(WrappedMasterKey, (), (version, made, wrapped))

struct MasterKeyFile {
  std::string format;
  std::string root_key;  ///< its name when it wrapped them, for people
  Time wrapped{};
  std::vector<WrappedMasterKey>
      keys;  ///< by version, ascending; more than one while the master key is rotated
};
BOOST_DESCRIBE_STRUCT(MasterKeyFile, (), (format, root_key, wrapped, keys))

/// One master key and when it was made.
struct MasterKey {
  crypto::MasterKeys::Version version;
  Time made;
  crypto::Key key;
};

std::string master_key_path(std::string const& data_directory);

/// Wraps `keys`, and unwraps them again: what `root_key` does not open is never written.
Result<MasterKeyFile> wrap_master_keys(std::vector<MasterKey> const& keys, crypto::RootKey& root_key,
                                       Time now);
/// Fails with `denied` if this is not the root key that they are wrapped under.
Result<std::vector<MasterKey>> unwrap_master_keys(MasterKeyFile const& file, crypto::RootKey& root_key);

std::string encode_master_key_file(MasterKeyFile const& file);
/// Fails with `corrupt` on what is no such file.
Result<MasterKeyFile> decode_master_key_file(std::string_view text);
/// Nothing if there is none. Fails as decoding does.
Result<std::optional<MasterKeyFile>> read_master_key_file(std::string const& data_directory);
/// In place of what is there; durable on return.
Result<void> write_master_key_file(std::string const& data_directory, MasterKeyFile const& file);

}  // namespace argosy::server
