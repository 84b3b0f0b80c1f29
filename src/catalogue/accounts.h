// catalogue/accounts.h - the partition's directory: accounts and their access keys.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"

namespace argosy::catalogue {

struct Account {
  std::string id;    ///< 12 digits
  std::string name;  ///< for people; unique; of old accounts any bytes
  bool enabled = true;
  Time created{};
  std::string organization_path{};  ///< access::Caller's; empty: in none
  Time organization_set{};          ///< when it was said where the account is
};
struct AccessKey {
  std::string id;  ///< AKIA and 16 of A-Z2-7
  std::string account;
  bool enabled = true;
  Time created{};
};

/// Makes an account with that id, or with a random one if empty. Fails with `conflict` if the id or the name
/// is taken, with `invalid` unless the name is 1 to 64 printable characters and no account id.
Result<Account> create_account(Transaction& tx, std::string_view name, std::string_view id, Time now,
                               Entropy& entropy);
Result<std::vector<Account>> list_accounts(Transaction& tx);
/// Their ids.
Result<std::vector<std::string>> list_disabled_accounts(Transaction& tx);
/// By id, or by name if it is no id. Fails with `not_found`.
Result<Account> find_account(Transaction& tx, std::string_view id_or_name);
Result<void> set_account_enabled(Transaction& tx, std::string_view id, bool enabled);
/// For every request from now on. Fails with `invalid` on anything but a path or an empty text.
Result<void> set_organization(Transaction& tx, std::string_view id, std::string_view path, Time now);

/// What an import made of an account or an access key.
enum class Adoption {
  added,
  unchanged,
  disabled,       ///< it was disabled where it came from
  kept_disabled,  ///< it was disabled here, and an import never enables
  moved,          ///< it was said there, later than here, where in which organization it is
  refused,        ///< it is new, and its name could not be given here: nothing was taken over
};
/// Takes an account over from another directory, and can be repeated. Fails with `conflict` if its id or its
/// name means another one here.
Result<Adoption> adopt_account(Transaction& tx, Account const& account);

struct NewAccessKey {
  AccessKey key;
  std::string secret_access_key;  ///< told once; at rest it is wrapped under the master keys
};
Result<NewAccessKey> create_access_key(Transaction& tx, crypto::MasterKeys const& master_keys,
                                       std::string_view account, Time now, Entropy& entropy);
/// The same of an access key whose account is here. Fails with `conflict` if it has another account or secret
/// here, with `invalid` if it is new and its id has not the form of one.
Result<Adoption> adopt_access_key(Transaction& tx, crypto::MasterKeys const& master_keys,
                                  AccessKey const& key, std::string const& secret_access_key,
                                  Entropy& entropy);
/// Of one account, or of all if empty.
Result<std::vector<AccessKey>> list_access_keys(Transaction& tx, std::string_view account);
/// Fails with `not_found`.
Result<void> set_access_key_enabled(Transaction& tx, std::string_view id, bool enabled);

/// Who holds an access key, also a disabled one; nothing if there is no such key.
Result<std::optional<access::Credentials>> find_credentials(Transaction& tx,
                                                            crypto::MasterKeys const& master_keys,
                                                            std::string_view access_key_id);

}  // namespace argosy::catalogue
