// server/directory.cpp - see directory.h.
#include "server/directory.h"

#include <boost/json.hpp>
#include <filesystem>

#include "base/private_file.h"
#include "catalogue/accounts.h"

namespace argosy::server {
namespace {

using catalogue::Transaction;

/// More than the workers that read credentials at the same time.
constexpr std::size_t kSessions = 64;

}  // namespace

Result<Directory> open_directory(std::string const& data_directory, std::string const& root_key_file,
                                 Missing missing, Entropy& entropy) {
  std::error_code error;
  auto const path = data_directory + "/directory.db";
  bool const fresh = !std::filesystem::exists(path, error);
  if (fresh && missing == Missing::refuse)
    return fail(Fault::not_found,
                data_directory + " is no data directory of argosyd (there is no directory.db)");
  std::filesystem::create_directories(data_directory, error);
  if (error) return fail(Fault::unavailable, data_directory + ": " + error.message());
  Directory out;
  out.root_key = TRY(crypto::load_root_key(root_key_file, fresh, entropy));
  if (missing == Missing::create) TRY(sql::settle_sqlite(path));  // the server; commands run beside one
  out.sessions = std::make_unique<sql::Pool>([path] { return sql::open_sqlite(path, sql::Durability::full); },
                                             kSessions);
  auto session = TRY(out.sessions->take());
  TRY(catalogue::create_directory_schema(*session));
  auto tx = TRY(Transaction::begin(*session, sql::Access::write));
  if (auto checked = catalogue::check_root_key(tx, out.root_key, entropy); !checked)
    return fail(checked.error().fault, root_key_file + ": " + checked.error().message);
  TRY(tx.commit());
  return out;
}

Result<void> create_dev_accounts(Directory& directory, std::string const& data_directory, Time now,
                                 Entropy& entropy) {
  auto session = TRY(directory.sessions->take());
  auto tx = TRY(Transaction::begin(*session, sql::Access::write));
  auto accounts = TRY(catalogue::list_accounts(tx));
  if (!accounts.empty()) return {};
  boost::json::array list;
  for (auto const* name : {"owner", "recipient", "stranger"}) {
    auto account = TRY(catalogue::create_account(tx, name, "", now, entropy));
    auto key = TRY(catalogue::create_access_key(tx, directory.root_key, account.id, now, entropy));
    list.push_back(boost::json::object{{"name", name},
                                       {"account_id", account.id},
                                       {"access_key_id", key.key.id},
                                       {"secret_access_key", key.secret_access_key}});
  }
  // The file first: keys that nobody was told are lost, a file without its commit is written again by the
  // next start.
  TRY(write_private_file(data_directory + "/accounts.json", boost::json::serialize(list) + "\n",
                         Existing::replace));
  return tx.commit();
}

}  // namespace argosy::server
