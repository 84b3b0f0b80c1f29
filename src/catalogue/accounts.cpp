// catalogue/accounts.cpp - see accounts.h.
#include "catalogue/accounts.h"

#include "base/text.h"
#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

constexpr std::size_t kMaxNameCharacters = 64;
constexpr std::size_t kMaxShownBytes = 256;  ///< in a message: a name has no more
constexpr std::string_view kKeyPrefix = "AKIA";
constexpr std::size_t kKeyCharacters = 16;  ///< behind it
constexpr std::string_view kKeyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string random_text(Entropy& entropy, std::size_t length, std::string_view alphabet) {
  std::string out;
  while (out.size() < length) {
    std::array<std::byte, 1> byte{};
    entropy.fill(byte);
    auto value = std::to_integer<std::size_t>(byte[0]);
    if (value < 256 / alphabet.size() * alphabet.size())
      out.push_back(alphabet[value % alphabet.size()]);  // no bias
  }
  return out;
}

/// What a wrapped secret is bound to: it cannot be moved to another key's row.
std::string purpose(std::string_view access_key_id) {
  return "argosy access key " + std::string(access_key_id);
}

/// Of what was known before.
Adoption adoption(bool enabled_here, bool enabled_there) {
  if (enabled_here == enabled_there) return Adoption::unchanged;
  return enabled_here ? Adoption::disabled : Adoption::kept_disabled;
}

Account account_of(sql::Rows& rows) {
  return {std::string(rows.text(0)),          std::string(rows.text(1)), rows.integer(2) != 0,
          from_milliseconds(rows.integer(3)), std::string(rows.text(4)), from_milliseconds(rows.integer(5))};
}

/// As list_access_keys reads them.
#define ACCESS_KEY_COLUMNS "id, account, enabled, created_ms"

/// Its beginning, as a message has it.
std::string shown(std::string_view text) {
  return escape_controls(first_characters(to_utf8(text), kMaxShownBytes));
}

/// Of a new account. A name is written to logs and terminals, and is taken for no id.
Result<void> check_name(std::string_view name) {
  bool const is_printable = to_utf8(name) == name && escape_controls(name) == name;
  if (is_printable && !name.empty() && count_characters(name) <= kMaxNameCharacters &&
      !access::is_account_id(name))
    return {};
  return fail(Fault::invalid, "an account's name has 1 to 64 printable characters and is no account id: '" +
                                  shown(name) + "'");
}

/// Of a new key.
Result<void> check_access_key_id(std::string_view id) {
  bool const is_one = id.size() == kKeyPrefix.size() + kKeyCharacters && id.starts_with(kKeyPrefix) &&
                      id.find_first_not_of(kKeyAlphabet) == std::string_view::npos;
  if (is_one) return {};
  return fail(Fault::invalid, "'" + shown(id) + "' is no access key's id: AKIA and 16 of A to Z and 2 to 7");
}

Result<void> check_organization_path(std::string_view path) {
  if (path.empty() || access::is_organization_path(path)) return {};
  return fail(Fault::invalid,
              std::string(path) +
                  ": where an account is in its organization is said as o-…/r-…/ou-…/, with the "
                  "slash at the end");
}

/// The secret is wrapped under the master keys and bound to its key's id.
Result<void> insert_access_key(Transaction& tx, crypto::MasterKeys const& master_keys, AccessKey const& key,
                               std::string_view secret_access_key, Entropy& entropy) {
  auto wrapped = master_keys.wrap(as_bytes(purpose(key.id)), as_bytes(secret_access_key), entropy);
  TRY(tx.execute(
      "INSERT INTO access_keys(id, account, wrapped_secret, enabled, created_ms) VALUES(?1, ?2, ?3, ?4, ?5)",
      {std::string_view(key.id), std::string_view(key.account), ByteView(wrapped), std::int64_t{key.enabled},
       to_milliseconds(key.created)}));
  return {};
}

}  // namespace

Result<Account> create_account(Transaction& tx, std::string_view name, std::string_view id, Time now,
                               Entropy& entropy) {
  TRY(check_name(name));
  if (!id.empty() && !access::is_account_id(id))
    return fail(Fault::invalid, std::string(id) + ": an account id has 12 digits");
  auto chosen = id.empty() ? random_text(entropy, 1, "123456789") + random_text(entropy, 11, "0123456789")
                           : std::string(id);
  auto done = tx.execute("INSERT INTO accounts(id, name, enabled, created_ms) VALUES(?1, ?2, 1, ?3)",
                         {std::string_view(chosen), name, to_milliseconds(now)});
  if (!done && done.error().code == "unique")
    return fail(Fault::conflict,
                "there is already an account named " + std::string(name) + " or with the id " + chosen);
  if (!done) return std::unexpected(std::move(done).error());
  return Account{chosen, std::string(name), true, now, {}, {}};
}

Result<Adoption> adopt_account(Transaction& tx, Account const& account) {
  TRY(check_organization_path(account.organization_path));
  std::optional<Account> known;
  {
    auto rows =
        TRY(tx.query("SELECT id, name, enabled, created_ms, organization_path, organization_set_ms FROM "
                     "accounts WHERE id = ?1 OR name = ?2",
                     {std::string_view(account.id), std::string_view(account.name)}));
    bool found = TRY(rows->next());
    if (found) known = account_of(*rows);
    bool another = found && TRY(rows->next());
    if (another || (known && (known->id != account.id || known->name != account.name)))
      return fail(Fault::conflict, "the account " + account.id + " (" + account.name + ") is not the " +
                                       known->id + " (" + known->name + ") that is here");
  }
  if (!known) {
    if (!check_name(account.name)) return Adoption::refused;
    TRY(tx.execute(
        "INSERT INTO accounts(id, name, enabled, created_ms, organization_path, organization_set_ms) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        {std::string_view(account.id), std::string_view(account.name), std::int64_t{account.enabled},
         to_milliseconds(account.created), std::string_view(account.organization_path),
         to_milliseconds(account.organization_set)}));
    return Adoption::added;
  }
  bool const moved = account.organization_set > known->organization_set;
  if (moved) TRY(set_organization(tx, account.id, account.organization_path, account.organization_set));
  if (known->enabled && !account.enabled) TRY(set_account_enabled(tx, account.id, false));
  auto const made = adoption(known->enabled, account.enabled);
  return moved && made == Adoption::unchanged ? Adoption::moved : made;
}

Result<std::vector<Account>> list_accounts(Transaction& tx) {
  return sql::read_rows(
      tx.query("SELECT id, name, enabled, created_ms, organization_path, organization_set_ms "
               "FROM accounts ORDER BY created_ms, id"),
      account_of);
}

Result<std::vector<std::string>> list_disabled_accounts(Transaction& tx) {
  return sql::read_rows(tx.query("SELECT id FROM accounts WHERE enabled = 0 ORDER BY id"),
                        [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<Account> find_account(Transaction& tx, std::string_view id_or_name) {
  auto rows =
      TRY(access::is_account_id(id_or_name)
              ? tx.query("SELECT id, name, enabled, created_ms, organization_path, organization_set_ms FROM "
                         "accounts WHERE id = ?1",
                         {id_or_name})
              : tx.query("SELECT id, name, enabled, created_ms, organization_path, organization_set_ms FROM "
                         "accounts WHERE name = ?1",
                         {id_or_name}));
  bool found = TRY(rows->next());
  if (!found) return fail(Fault::not_found, "there is no account " + std::string(id_or_name));
  return account_of(*rows);
}

Result<void> set_account_enabled(Transaction& tx, std::string_view id, bool enabled) {
  TRY(tx.execute("UPDATE accounts SET enabled = ?2 WHERE id = ?1", {id, std::int64_t{enabled}}));
  return {};
}

Result<void> set_organization(Transaction& tx, std::string_view id, std::string_view path, Time now) {
  TRY(check_organization_path(path));
  TRY(tx.execute("UPDATE accounts SET organization_path = ?2, organization_set_ms = ?3 WHERE id = ?1",
                 {id, path, to_milliseconds(now)}));
  return {};
}

Result<NewAccessKey> create_access_key(Transaction& tx, crypto::MasterKeys const& master_keys,
                                       std::string_view account, Time now, Entropy& entropy) {
  NewAccessKey made;
  made.key.id = std::string(kKeyPrefix) + random_text(entropy, kKeyCharacters, kKeyAlphabet);
  made.key.account = account;
  made.key.created = now;
  made.secret_access_key =
      random_text(entropy, 40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  TRY(insert_access_key(tx, master_keys, made.key, made.secret_access_key, entropy));
  return made;
}

Result<Adoption> adopt_access_key(Transaction& tx, crypto::MasterKeys const& master_keys,
                                  AccessKey const& key, std::string const& secret_access_key,
                                  Entropy& entropy) {
  auto known = TRY(find_credentials(tx, master_keys, key.id));
  if (!known) {
    TRY(check_access_key_id(key.id));
    TRY(insert_access_key(tx, master_keys, key, secret_access_key, entropy));
    return Adoption::added;
  }
  if (known->caller.account != key.account || known->secret_access_key != secret_access_key)
    return fail(Fault::conflict, "the access key " + key.id + " has another account or secret here");
  auto rows = TRY(tx.query("SELECT enabled FROM access_keys WHERE id = ?1", {std::string_view(key.id)}));
  TRY(rows->next());
  bool const enabled = rows->integer(0) != 0;
  rows.reset();
  if (enabled && !key.enabled) TRY(set_access_key_enabled(tx, key.id, false));
  return adoption(enabled, key.enabled);
}

Result<std::vector<AccessKey>> list_access_keys(Transaction& tx, std::string_view account) {
  auto rows = account.empty()
                  ? tx.query("SELECT " ACCESS_KEY_COLUMNS " FROM access_keys ORDER BY created_ms, id")
                  : tx.query("SELECT " ACCESS_KEY_COLUMNS
                             " FROM access_keys WHERE account = ?1 ORDER BY created_ms, id",
                             {account});
  return sql::read_rows(std::move(rows), [](sql::Rows& row) {
    return AccessKey{std::string(row.text(0)), std::string(row.text(1)), row.integer(2) != 0,
                     from_milliseconds(row.integer(3))};
  });
}

Result<void> set_access_key_enabled(Transaction& tx, std::string_view id, bool enabled) {
  auto changed =
      TRY(tx.execute("UPDATE access_keys SET enabled = ?2 WHERE id = ?1", {id, std::int64_t{enabled}}));
  if (changed == 0) return fail(Fault::not_found, "there is no access key " + std::string(id));
  return {};
}

Result<std::optional<access::Credentials>> find_credentials(Transaction& tx,
                                                            crypto::MasterKeys const& master_keys,
                                                            std::string_view access_key_id) {
  auto rows = TRY(tx.query(
      "SELECT k.account, k.wrapped_secret, k.enabled, a.enabled, a.organization_path FROM access_keys k "
      "JOIN accounts a ON a.id = k.account WHERE k.id = ?1",
      {access_key_id}));
  bool found = TRY(rows->next());
  if (!found) return std::nullopt;
  auto secret = TRY(master_keys.unwrap(as_bytes(purpose(access_key_id)), rows->blob(1)));
  std::string account(rows->text(0));
  return access::Credentials{{account,
                              std::string(access_key_id),
                              "arn:aws:iam::" + account + ":root",
                              account,
                              {},
                              std::string(rows->text(4))},
                             std::string(as_text(secret)),
                             rows->integer(2) != 0 && rows->integer(3) != 0};
}

}  // namespace argosy::catalogue
