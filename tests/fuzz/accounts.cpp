// tests/fuzz/accounts.cpp - exports of accounts from a peer: sealed texts as they come, and what a peer may
// have sealed in one.
#include <unistd.h>

#include <filesystem>

#include "base/private_file.h"
#include "catalogue/accounts.h"
#include "crypto/certificate.h"
#include "fuzz/fuzz.h"
#include "server/account_transfer.h"

namespace argosy::fuzz {
namespace {

constexpr std::string_view kAllowed = "111111111111";
constexpr std::string_view kForeign = "222222222222";
Time const kNow = *parse_iso8601("2026-05-09T14:22:31Z");

/// A process with a peer that may speak for one account; its files go with it.
class Partition {
 public:
  Partition()
      : folder_(std::filesystem::temp_directory_path() / ("fuzz-accounts-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    auto authority = crypto::make_authority("fuzz", 10);
    own_ = *crypto::issue_certificate(*authority, {"west"}, 10);
    peer_ = *crypto::issue_certificate(*authority, {"east"}, 10);
    config.replication.emplace();
    config.replication->tls.certificate_path = write("certificate", own_.certificate);
    config.replication->tls.key_path = write("key", own_.key);
    config.replication->tls.authority_path = write("authority", authority->certificate);
    server::PeerConfig line;
    line.name = "east";
    line.certificate_name = "east";
    line.accounts.named = {std::string(kAllowed)};
    config.peers = {line};
    auto session = directory_.take();
    ARGOSY_ASSERT(session && catalogue::create_directory_schema(**session));
    auto tx = catalogue::Transaction::begin(**session, sql::Access::write);
    ARGOSY_ASSERT(catalogue::create_account(*tx, "foreign", kForeign, kNow, *entropy_) && tx->commit());
  }
  ~Partition() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string seal(std::string_view plain) { return *crypto::sign_and_seal(plain, peer_, own_.certificate); }

  /// Whether it was taken; nothing of it is kept.
  bool import(std::string const& sealed) {
    auto session = directory_.take();
    auto tx = catalogue::Transaction::begin(**session, sql::Access::write);
    auto rows = server::import_accounts(*tx, master_keys_, config, sealed, kNow, *entropy_);
    check_error(rows);
    auto accounts = catalogue::list_accounts(*tx);
    auto keys = catalogue::list_access_keys(*tx, kForeign);
    ARGOSY_ASSERT(accounts && keys && keys->empty());
    for (auto const& account : *accounts)
      ARGOSY_ASSERT(account.id == kAllowed || (account.id == kForeign && account.name == "foreign"));
    return rows.has_value();
  }

  server::Config config;

 private:
  std::string write(std::string const& name, std::string const& text) {
    auto const path = (folder_ / name).string();
    ARGOSY_ASSERT(write_private_file(path, text, Existing::replace));
    return path;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Entropy> entropy_ = seeded_entropy(1);
  crypto::MasterKeys master_keys_{1, crypto::Key::random(*entropy_)};
  crypto::Certified own_;
  crypto::Certified peer_;
  sql::Pool directory_{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
};

}  // namespace

void try_input(ByteView bytes) {
  static Partition partition;
  std::string const text(as_text(bytes));
  check_error(crypto::check_issued(text, text));
  static_cast<void>(crypto::has_name(text, "east"));
  ARGOSY_ASSERT(!partition.import(text));
  partition.import(partition.seal(text));
}

}  // namespace argosy::fuzz
