// server/directory.h - opens a data directory's accounts and its root key: for the server and for the
// commands beside it.
#pragma once
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "crypto/crypto.h"
#include "sql/session.h"

namespace argosy::server {

struct Directory {
  crypto::Key root_key;
  std::unique_ptr<sql::Pool> sessions;
};

enum class Missing { create, refuse };

/// With `create`, a data directory without accounts becomes one, and its root key is made if absent. Fails
/// with `denied` if the key is not the one that the directory was made with.
Result<Directory> open_directory(std::string const& data_directory, std::string const& root_key_file,
                                 Missing missing, Entropy& entropy);

/// Makes owner, recipient and stranger if there are no accounts, and writes their keys to accounts.json (mode
/// 0600).
Result<void> create_dev_accounts(Directory& directory, std::string const& data_directory, Time now,
                                 Entropy& entropy);

}  // namespace argosy::server
