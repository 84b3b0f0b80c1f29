// catalogue/secrets.h - what is wrapped under the data directory's master keys: secrets by name, and the list
// of all columns that hold such.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"

namespace argosy::catalogue {

/// Fails with `denied` unless these are the master keys that the directory of accounts was made with; a new
/// one takes them.
Result<void> check_master_keys(Transaction& tx, crypto::MasterKeys const& master_keys, Entropy& entropy);

/// The key that authenticates a region's tokens, the same for ever; `first` becomes it if there is none.
Result<crypto::Key> ensure_token_key(Transaction& tx, crypto::MasterKeys const& master_keys,
                                     crypto::Key const& first, Entropy& entropy);

/// A column of wrapped secrets. What binds a secret to its row is `purpose` followed by the row's `id`.
struct WrappedColumn {
  std::string_view table;
  std::string_view key;  ///< an indexed column that `id` begins with, in whose order the ids are; text
  std::string_view id;   ///< the same, or an expression over columns, that tells the rows apart; text
  std::string_view column;
  std::string_view purpose;
};
/// All there are: whoever adds a column of wrapped secrets adds it here, or they are lost when the master key
/// is rotated.
std::span<WrappedColumn const> directory_secrets();
std::span<WrappedColumn const> region_secrets();

/// A row of such a column.
struct SecretPlace {
  std::string key;
  std::string id;
};
struct Rewrapped {
  std::int64_t rows = 0;            ///< that were wrapped anew
  std::vector<std::string> broken;  ///< ids of those that no master key opens: they stay as they are
  SecretPlace last;                 ///< go on after this one
  bool done = false;                ///< there is none behind it
};
/// Wraps the next some hundred secrets behind `after` (empty: from the first one) under the current master
/// key.
Result<Rewrapped> rewrap(Transaction& tx, WrappedColumn const& column, SecretPlace const& after,
                         crypto::MasterKeys const& master_keys, Entropy& entropy);

}  // namespace argosy::catalogue
