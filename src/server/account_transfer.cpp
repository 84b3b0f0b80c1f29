// server/account_transfer.cpp - see account_transfer.h.
#include "server/account_transfer.h"

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "base/private_file.h"
#include "catalogue/accounts.h"
#include "crypto/certificate.h"
#include "wire/json.h"

namespace argosy::server {
namespace transfer {

struct AccessKey {
  std::string access_key_id;
  std::string secret_access_key;
  bool enabled = true;
  Time created{};
};
BOOST_DESCRIBE_STRUCT(AccessKey, (), (access_key_id, secret_access_key, enabled, created))

struct Account {
  std::string account_id;
  std::string name;
  bool enabled = true;
  Time created{};
  std::vector<AccessKey> access_keys;
  std::optional<std::string> organization_path;
  std::optional<Time> organization_set;
};
BOOST_DESCRIBE_STRUCT(Account, (),
                      (account_id, name, enabled, created, access_keys, organization_path, organization_set))

struct Export {
  std::string format;
  std::string destination;  ///< a name in the certificate that it was sealed for
  Time made{};
  std::vector<Account> accounts;
};
BOOST_DESCRIBE_STRUCT(Export, (), (format, destination, made, accounts))

}  // namespace transfer

namespace {

constexpr std::string_view kFormat = "argosy accounts 1";
/// Of an export: more than the accounts of a file of 64 MiB have.
constexpr std::size_t kMaxValues = 4'000'000;

/// What this process proves itself with, and whom it believes.
struct Identity {
  crypto::Certified own;
  std::string authorities;
};
Result<Identity> read_identity(Config const& config) {
  if (!config.replication)
    return fail(Fault::invalid, "the configuration has no replication and no peers; see --help");
  auto const& tls = config.replication->tls;
  Identity out;
  out.own.certificate = TRY(read_file(tls.certificate_path));
  out.own.key = TRY(read_file(tls.key_path));
  out.authorities = TRY(read_file(tls.authority_path));
  return out;
}

char const* to_text(catalogue::Adoption adoption) {
  switch (adoption) {
    case catalogue::Adoption::added:
      return "added";
    case catalogue::Adoption::unchanged:
      return "unchanged";
    case catalogue::Adoption::disabled:
      return "disabled";
    case catalogue::Adoption::kept_disabled:
      return "kept disabled";
    case catalogue::Adoption::moved:
      return "moved";
    case catalogue::Adoption::refused:
      return "refused: its name is an account id, or is not 1 to 64 printable characters";
  }
  return "";
}

Result<transfer::Account> pack(catalogue::Transaction& tx, crypto::MasterKeys const& master_keys,
                               catalogue::Account const& account) {
  transfer::Account out{account.id, account.name, account.enabled, account.created, {}, {}, {}};
  if (account.organization_set != Time{}) {
    out.organization_path = account.organization_path;
    out.organization_set = account.organization_set;
  }
  auto keys = TRY(catalogue::list_access_keys(tx, account.id));
  for (auto const& key : keys) {
    auto credentials = TRY(catalogue::find_credentials(tx, master_keys, key.id));
    out.access_keys.push_back({key.id, credentials->secret_access_key, key.enabled, key.created});
  }
  return out;
}

/// The peer that signed it, and what it says, if it is for us and not old.
Result<std::pair<PeerConfig const*, transfer::Export>> read(Config const& config, std::string const& sealed,
                                                            Time now) {
  auto identity = TRY(read_identity(config));
  auto opened = TRY(crypto::unseal(sealed, identity.own, identity.authorities));
  auto peer = std::ranges::find_if(
      config.peers, [&](auto const& line) { return crypto::has_name(opened.signer, line.certificate_name); });
  if (peer == config.peers.end())
    return fail(Fault::denied, "it was signed with a certificate of no peer of this configuration");
  auto content =
      TRY(wire::decode_json<transfer::Export>(opened.plain, wire::Naming::snake, {.values = kMaxValues}));
  if (content.format != kFormat) return fail(Fault::invalid, "an export of a version that is not known here");
  if (!crypto::has_name(identity.own.certificate, content.destination))
    return fail(Fault::denied, peer->name + " made it for " + content.destination + ", not for this process");
  if (content.made < now - kMaxExportAge || content.made > now + kMaxExportAge)
    return fail(Fault::denied, peer->name + " made it at " + to_iso8601(content.made) +
                                   ", more than 7 days from now: let it be exported again");
  return std::pair{&*peer, std::move(content)};
}

boost::json::object row(std::string const& account, std::string const& access_key, catalogue::Adoption what) {
  return {{"account_id", account}, {"access_key_id", access_key}, {"change", to_text(what)}};
}

}  // namespace

Result<std::string> export_accounts(catalogue::Transaction& tx, crypto::MasterKeys const& master_keys,
                                    Config const& config, std::string const& peer,
                                    std::string const& certificate, Time now) {
  auto identity = TRY(read_identity(config));
  auto line = std::ranges::find(config.peers, peer, &PeerConfig::name);
  if (line == config.peers.end()) return fail(Fault::not_found, "there is no peer named " + peer);
  if (!line->receives_keys)
    return fail(Fault::denied,
                "the peer " + peer +
                    " receives no keys: its line needs 'receives_keys: true' before anything is "
                    "sealed for it");
  TRY(crypto::check_issued(certificate, identity.authorities));
  if (!crypto::has_name(certificate, line->certificate_name))
    return fail(Fault::denied,
                "the certificate is not the peer's: it does not name " + line->certificate_name);
  transfer::Export content{std::string(kFormat), line->certificate_name, now, {}};
  auto accounts = TRY(catalogue::list_accounts(tx));
  for (auto const& account : accounts) {
    if (!line->accounts.contains(account.id)) continue;
    content.accounts.push_back(TRY(pack(tx, master_keys, account)));
  }
  if (content.accounts.empty())
    return fail(Fault::not_found, "there is no account here that the peer " + peer + " may speak for");
  return crypto::sign_and_seal(wire::encode_json(content, wire::Naming::snake), identity.own, certificate);
}

Result<Imported> import_accounts(catalogue::Transaction& tx, crypto::MasterKeys const& master_keys,
                                 Config const& config, std::string const& sealed, Time now,
                                 Entropy& entropy) {
  auto [peer, content] = TRY(read(config, sealed, now));
  Imported out;
  for (auto const& account : content.accounts) {
    if (!access::is_account_id(account.account_id) || !peer->accounts.contains(account.account_id))
      return fail(Fault::denied,
                  "the peer " + peer->name + " may not speak for account " + account.account_id);
    auto done = TRY(catalogue::adopt_account(
        tx, {account.account_id, account.name, account.enabled, account.created,
             account.organization_path.value_or(""), account.organization_set.value_or(Time{})}));
    out.rows.push_back(row(account.account_id, "", done));
    if (done == catalogue::Adoption::refused) {
      ++out.refused;
      continue;
    }
    for (auto const& key : account.access_keys) {
      auto taken = TRY(catalogue::adopt_access_key(
          tx, master_keys, {key.access_key_id, account.account_id, key.enabled, key.created},
          key.secret_access_key, entropy));
      out.rows.push_back(row(account.account_id, key.access_key_id, taken));
    }
  }
  return out;
}

}  // namespace argosy::server
