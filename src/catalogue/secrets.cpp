// catalogue/secrets.cpp - see secrets.h.
#include "catalogue/secrets.h"

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
    WrappedColumn{"secrets", "name", "wrapped_secret", kSecretPurpose},
    WrappedColumn{"access_keys", "id", "wrapped_secret", "argosy access key "},
};
constexpr std::array kRegionSecrets{
    WrappedColumn{"secrets", "name", "wrapped_secret", kSecretPurpose},
    WrappedColumn{"domains", "account", "wrapped_secret", "argosy domain "},
    WrappedColumn{"key_materials", "key || ' ' || version", "wrapped", "argosy key "},
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
  std::string id;
  Bytes wrapped;
};
Result<std::vector<Row>> read_batch(Transaction& tx, WrappedColumn const& column,
                                    std::string const& after_id) {
  auto const select = "SELECT " + std::string(column.id) + ", " + std::string(column.column) + " FROM " +
                      std::string(column.table) + " WHERE " + std::string(column.id) +
                      " > ?1 ORDER BY 1 LIMIT ?2";
  return sql::read_rows(tx.query(select, {std::string_view(after_id), kBatch}), [](sql::Rows& row) {
    return Row{std::string(row.text(0)), to_bytes(row.blob(1))};
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

Result<Rewrapped> rewrap(Transaction& tx, WrappedColumn const& column, std::string const& after_id,
                         crypto::MasterKeys const& master_keys, Entropy& entropy) {
  auto batch = TRY(read_batch(tx, column, after_id));
  auto const update = "UPDATE " + std::string(column.table) + " SET " + std::string(column.column) +
                      " = ?1 WHERE " + std::string(column.id) + " = ?2";
  Rewrapped out;
  out.done = static_cast<std::int64_t>(batch.size()) < kBatch;
  for (auto const& row : batch) {
    auto const associated = std::string(column.purpose) + row.id;
    out.last_id = row.id;
    auto wrapped = master_keys.wrap_anew(as_bytes(associated), row.wrapped, entropy);
    if (!wrapped) out.broken.push_back(row.id);
    if (!wrapped || !*wrapped) continue;
    TRY(tx.execute(update, {ByteView(**wrapped), std::string_view(row.id)}));
    ++out.rows;
  }
  return out;
}

}  // namespace argosy::catalogue
