// catalogue/secrets.cpp - see secrets.h.
#include "catalogue/secrets.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

/// Rows in a transaction: others wait a few milliseconds for it.
constexpr std::int64_t kBatch = 200;

constexpr std::string_view kSecretPurpose = "argosy ";
constexpr std::string_view kCheck = "root key check";
constexpr std::string_view kTokenKey = "token key";

constexpr std::array kDirectorySecrets{
    WrappedColumn{"secrets", "name", "name", "wrapped_secret", kSecretPurpose},
    WrappedColumn{"access_keys", "id", "id", "wrapped_secret", "argosy access key "},
};
constexpr std::array kRegionSecrets{
    WrappedColumn{"secrets", "name", "name", "wrapped_secret", kSecretPurpose},
    WrappedColumn{"domains", "account", "account", "wrapped_secret", "argosy domain "},
    WrappedColumn{"key_materials", "key", "key || ' ' || version", "wrapped", "argosy key "},
};

std::string purpose(std::string_view name) { return std::string(kSecretPurpose) + std::string(name); }

Result<std::optional<Bytes>> find_wrapped(Transaction& tx, std::string_view name) {
  auto rows = TRY(tx.query("SELECT wrapped_secret FROM secrets WHERE name = ?1", {name}));
  bool found = TRY(rows->next());
  return found ? std::optional(to_bytes(rows->blob(0))) : std::nullopt;
}

Result<void> insert(Transaction& tx, std::string_view name, ByteView wrapped) {
  TRY(tx.execute("INSERT INTO secrets(name, wrapped_secret) VALUES(?1, ?2)", {name, wrapped}));
  return {};
}

struct Row {
  SecretPlace place;
  Bytes wrapped;
};
/// By the indexed column first: an expression alone would have the whole table looked at for each batch.
Result<std::vector<Row>> read_batch(Transaction& tx, WrappedColumn const& column, SecretPlace const& after) {
  auto const select =
      fmt::format("SELECT {0}, {1}, {2} FROM {3} WHERE {0} >= ?1 AND {1} > ?2 ORDER BY {0}, {1} LIMIT ?3",
                  column.key, column.id, column.column, column.table);
  return sql::read_rows(
      tx.query(select, {std::string_view(after.key), std::string_view(after.id), kBatch}),
      [](sql::Rows& row) {
        return Row{{std::string(row.text(0)), std::string(row.text(1))}, to_bytes(row.blob(2))};
      });
}

}  // namespace

Result<void> check_master_keys(Transaction& tx, crypto::MasterKeys const& master_keys, Entropy& entropy) {
  auto known = TRY(find_wrapped(tx, kCheck));
  auto const associated = purpose(kCheck);
  if (!known) return insert(tx, kCheck, master_keys.wrap(as_bytes(associated), as_bytes("argosy"), entropy));
  if (!master_keys.unwrap(as_bytes(associated), *known))
    return fail(Fault::denied, "the root key is not the one that this data directory was made with");
  return {};
}

Result<crypto::Key> ensure_token_key(Transaction& tx, crypto::MasterKeys const& master_keys,
                                     crypto::Key const& first, Entropy& entropy) {
  auto known = TRY(find_wrapped(tx, kTokenKey));
  auto const associated = purpose(kTokenKey);
  if (known) return master_keys.unwrap_key(as_bytes(associated), *known);
  TRY(insert(tx, kTokenKey, master_keys.wrap(as_bytes(associated), first.bytes(), entropy)));
  return first;
}

std::span<WrappedColumn const> directory_secrets() { return kDirectorySecrets; }
std::span<WrappedColumn const> region_secrets() { return kRegionSecrets; }

Result<Rewrapped> rewrap(Transaction& tx, WrappedColumn const& column, SecretPlace const& after,
                         crypto::MasterKeys const& master_keys, Entropy& entropy) {
  auto batch = TRY(read_batch(tx, column, after));
  auto const update = fmt::format("UPDATE {} SET {} = ?1 WHERE {} = ?2 AND {} = ?3", column.table,
                                  column.column, column.key, column.id);
  Rewrapped out;
  out.done = static_cast<std::int64_t>(batch.size()) < kBatch;
  for (auto const& row : batch) {
    auto const& [key, id] = row.place;
    auto const associated = std::string(column.purpose) + id;
    out.last = row.place;
    auto wrapped = master_keys.wrap_anew(as_bytes(associated), row.wrapped, entropy);
    if (!wrapped) out.broken.push_back(id);
    if (!wrapped || !*wrapped) continue;
    TRY(tx.execute(update, {ByteView(**wrapped), std::string_view(key), std::string_view(id)}));
    ++out.rows;
  }
  return out;
}

}  // namespace argosy::catalogue
