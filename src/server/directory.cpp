// server/directory.cpp - see directory.h.
#include "server/directory.h"

#include <boost/json.hpp>

#include "base/private_file.h"
#include "catalogue/accounts.h"
#include "catalogue/secrets.h"
#include "keys/identifier.h"

namespace argosy::server {
namespace {

using catalogue::Transaction;
using crypto::kRootKeyFault;
using crypto::MasterKeys;
using crypto::MissingFile;
using crypto::RootKeyPlace;

/// More than the workers that read credentials at the same time.
constexpr std::size_t kSessions = 64;

std::unique_ptr<MasterKeys> to_master_keys(std::vector<MasterKey> const& keys) {
  auto out = std::make_unique<MasterKeys>(keys.front().version, keys.front().key);
  for (std::size_t at = 1; at < keys.size(); ++at) out->add(keys[at].version, keys[at].key);
  return out;
}

/// What a directory has as its master key that was made before there were any: the key in the file of its
/// root key.
Result<MasterKey> key_of_before(RootKeyPlace const& root_key, Entropy& entropy) {
  if (root_key.token)
    return fail(
        Fault::invalid, kRootKeyFault,
        "this data directory has no master-keys yet: start it once with the file of its root key, then go "
        "over to the token with 'argosyd root-key rotate' (if it is a restored backup, its file "
        "master-keys is missing)");
  auto key = TRY(crypto::read_root_key_file(root_key.file, MissingFile::refuse, entropy));
  return MasterKey{MasterKeys::kUnversioned, Time{}, key};
}

Result<void> check_master_keys(Transaction& tx, MasterKeys const& master_keys, Entropy& entropy) {
  auto checked = catalogue::check_master_keys(tx, master_keys, entropy);
  if (!checked && checked.error().fault == Fault::denied)
    return fail(Fault::denied, kRootKeyFault,
                checked.error().message + ": give that one; of a restored backup, also its file master-keys");
  return checked;
}

struct OpenedKeys {
  std::unique_ptr<crypto::RootKey> root_key;
  MasterKeyFile file;
  std::unique_ptr<MasterKeys> master_keys;
  bool written = false;  ///< `file` lies in the data directory
};

/// Of a directory that has no file of master keys: a new one, or one that was made before there were any.
Result<OpenedKeys> first_keys(bool fresh, RootKeyPlace const& place, Time now, Entropy& entropy) {
  std::vector<MasterKey> keys;
  if (fresh)
    keys.push_back({1, now, crypto::Key::random(entropy)});
  else
    keys.push_back(TRY(key_of_before(place, entropy)));
  auto root_key =
      TRY(crypto::open_root_key(place, fresh ? MissingFile::create : MissingFile::refuse, entropy));
  auto file = TRY(wrap_master_keys(keys, *root_key, now));
  return OpenedKeys{std::move(root_key), std::move(file), to_master_keys(keys), false};
}

Result<OpenedKeys> open_keys(std::string const& data_directory, bool fresh, RootKeyPlace const& place,
                             Time now, Entropy& entropy) {
  auto file = TRY(read_master_key_file(data_directory));
  if (!file) return first_keys(fresh, place, now, entropy);
  auto root_key = TRY(crypto::open_root_key(place, MissingFile::refuse, entropy));
  auto keys = TRY(unwrap_master_keys(*file, *root_key));
  return OpenedKeys{std::move(root_key), *std::move(file), to_master_keys(keys), true};
}

}  // namespace

std::string directory_path(std::string const& data_directory) { return data_directory + "/directory.db"; }

Result<Directory> open_directory(std::string const& data_directory, RootKeyPlace const& root_key, Time now,
                                 Entropy& entropy) {
  auto const path = directory_path(data_directory);
  bool const fresh = !TRY(file_exists(path));
  auto keys = TRY(open_keys(data_directory, fresh, root_key, now, entropy));
  // A new directory's keys before its accounts: accounts without keys are those of a directory of before.
  if (fresh && !keys.written) TRY(write_master_key_file(data_directory, keys.file));
  TRY(sql::settle_sqlite(path));
  auto sessions = std::make_unique<sql::Pool>(
      [path] { return sql::open_sqlite(path, sql::Durability::full); }, kSessions);
  {
    auto session = TRY(sessions->take());
    TRY(catalogue::create_directory_schema(*session));
    auto tx = TRY(Transaction::begin(*session, sql::Access::write));
    TRY(check_master_keys(tx, *keys.master_keys, entropy));
    TRY(tx.commit());
  }
  if (!fresh && !keys.written) TRY(write_master_key_file(data_directory, keys.file));
  return Directory{data_directory, std::move(keys.root_key), std::move(keys.file),
                   std::move(keys.master_keys), std::move(sessions)};
}

Result<std::unique_ptr<sql::Session>> open_accounts(std::string const& data_directory) {
  auto const path = directory_path(data_directory);
  bool const there = TRY(file_exists(path));
  if (!there)
    return fail(Fault::not_found,
                data_directory + " is no data directory of argosyd (there is no directory.db)");
  auto session = TRY(sql::open_sqlite(path, sql::Durability::full));
  TRY(catalogue::create_directory_schema(*session));
  return session;
}

Result<std::unique_ptr<MasterKeys>> open_master_keys(Transaction& tx, std::string const& data_directory,
                                                     RootKeyPlace const& root_key, Entropy& entropy) {
  auto keys = TRY(open_keys(data_directory, false, root_key, Time{}, entropy));
  TRY(check_master_keys(tx, *keys.master_keys, entropy));
  return std::move(keys.master_keys);
}

Result<access::Caller> root_of(Directory const& directory, std::string const& account) {
  access::Caller caller{account, "", keys::root_arn(account), account};
  auto session = TRY(directory.sessions->take());
  auto tx = TRY(Transaction::begin(*session, sql::Access::read));
  auto const known = catalogue::find_account(tx, account);
  if (known) caller.organization_path = known->organization_path;
  if (!known && known.error().fault != Fault::not_found) return std::unexpected(known.error());
  return caller;
}

Result<void> create_dev_accounts(Directory& directory, Time now, Entropy& entropy) {
  auto session = TRY(directory.sessions->take());
  auto tx = TRY(Transaction::begin(*session, sql::Access::write));
  auto accounts = TRY(catalogue::list_accounts(tx));
  if (!accounts.empty()) return {};
  boost::json::array list;
  for (auto const* name : {"owner", "recipient", "stranger"}) {
    auto account = TRY(catalogue::create_account(tx, name, "", now, entropy));
    auto key = TRY(catalogue::create_access_key(tx, *directory.master_keys, account.id, now, entropy));
    list.push_back(boost::json::object{{"name", name},
                                       {"account_id", account.id},
                                       {"access_key_id", key.key.id},
                                       {"secret_access_key", key.secret_access_key}});
  }
  // The file first: keys that nobody was told are lost, a file without its commit is written again by the
  // next start.
  TRY(write_private_file(directory.data_directory + "/accounts.json", boost::json::serialize(list) + "\n",
                         Existing::replace));
  return tx.commit();
}

}  // namespace argosy::server
