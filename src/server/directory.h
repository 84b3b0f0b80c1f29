// server/directory.h - opens a data directory's accounts and its keys: for the server and for the commands
// beside it.
#pragma once
#include <memory>
#include <string>

#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "server/master_key_file.h"
#include "sql/session.h"

namespace argosy::server {

struct Directory {
  std::string data_directory;
  std::unique_ptr<crypto::RootKey> root_key;
  MasterKeyFile key_file;  ///< as it lies in the data directory
  std::unique_ptr<crypto::MasterKeys> master_keys;
  std::unique_ptr<sql::Pool> sessions;
};

std::string directory_path(std::string const& data_directory);

/// For the server, which has the data directory for itself: makes what is missing of directory, accounts and
/// keys; a directory that was made before there were master keys has the key of its root key's file as such.
/// Fails with the code crypto::kRootKeyFault if the root key cannot be used or is not the directory's.
Result<Directory> open_directory(std::string const& data_directory, crypto::RootKeyPlace const& root_key,
                                 Time now, Entropy& entropy);

/// For commands beside a server: the accounts. Fails with `not_found` if this is no data directory.
Result<std::unique_ptr<sql::Session>> open_accounts(std::string const& data_directory);
/// The keys that what `tx`, a writing transaction of the accounts, reads and writes is wrapped under: no
/// rotation gets past it. Fails as open_directory does.
Result<std::unique_ptr<crypto::MasterKeys>> open_master_keys(catalogue::Transaction& tx,
                                                             std::string const& data_directory,
                                                             crypto::RootKeyPlace const& root_key,
                                                             Entropy& entropy);

/// The root of an account as a caller, in its organization. Of an account that the directory does not know,
/// in none.
Result<access::Caller> root_of(Directory const& directory, std::string const& account);

/// Makes owner, recipient and stranger if there are no accounts, and writes their keys to accounts.json (mode
/// 0600).
Result<void> create_dev_accounts(Directory& directory, Time now, Entropy& entropy);

}  // namespace argosy::server
