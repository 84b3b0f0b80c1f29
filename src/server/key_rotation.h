// server/key_rotation.h - replaces a running server's root key and its master key.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/secrets.h"
#include "server/directory.h"
#include "sql/session.h"

namespace argosy::server {

struct RotationRequest {
  std::optional<crypto::RootKeyPlace> root_key;  ///< the new one; nothing: it stays
  bool master_key = false;                       ///< make a new one of this, too
};

/// How the keys are, and how far a rotation of the master key is.
struct KeyStatus {
  MasterKeyFile file;
  std::int64_t rewrapped = 0;  ///< secrets, since the server started
  std::string failure;         ///< of the last step; it is tried again
};

/// Master keys are rotated in three parts, each durable before the next: the new key lies in the data
/// directory beside the old one, and wraps from now on; every secret in every database is wrapped anew, some
/// hundred in a transaction; the old key is gone. Whenever the process dies, every secret opens, and the next
/// one goes on. Any thread.
class KeyRotation {
 public:
  /// `directory` outlives it.
  KeyRotation(Directory& directory, Clock& clock, Entropy& entropy);

  /// Durable on return: a new root key opens the directory, and the old one does not any more. A new master
  /// key wraps from now on; `step` does the rest. A directory whose master key is the old root key's (it was
  /// made before there were master keys) gets a new one in any case. Fails with `conflict` during a rotation
  /// or a backup, or as open_root_key does.
  Result<void> begin(RotationRequest const& request);
  /// A bounded piece of a rotation of the master key, and when to come back.
  Result<Time> step();
  KeyStatus status() const;
  /// Until what it gives is gone, no rotation begins. Fails with `conflict` during one.
  Result<std::shared_ptr<void>> hold();

 private:
  struct Database {
    std::string path;
    std::span<catalogue::WrappedColumn const> columns;
    bool region = false;
  };
  /// Where the rewrapping is: it begins anew with each process.
  struct Cursor {
    std::vector<Database> databases;
    std::size_t database = 0;
    std::size_t column = 0;
    catalogue::SecretPlace last;
    std::unique_ptr<sql::Session> session;
  };

  bool under_way() const { return directory_.key_file.keys.size() > 1; }
  Result<std::unique_ptr<crypto::RootKey>> open_new_root_key(crypto::RootKeyPlace const& place);
  Result<std::vector<MasterKey>> keys_of_file() const;
  Result<Cursor> first_cursor() const;
  Result<bool> rewrap_some();
  Result<void> end();

  mutable std::mutex mutex_;  // guards what follows
  Directory& directory_;
  Clock& clock_;
  Entropy& entropy_;
  std::optional<Cursor> cursor_;
  std::int64_t rewrapped_ = 0;
  std::string failure_;
  std::weak_ptr<void> hold_;
};

}  // namespace argosy::server
