// catalogue/key_pairs.cpp - see key_pairs.h.
#include "catalogue/key_pairs.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using instances::KeyPair;

KeyPair key_pair_of(sql::Rows& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
          std::string(row.text(3)), std::string(row.text(4)), from_milliseconds(row.integer(5))};
}

Result<std::optional<KeyPair>> first(Result<std::unique_ptr<sql::Rows>> query) {
  auto rows = TRY(std::move(query));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  return std::optional(key_pair_of(*rows));
}

}  // namespace

Result<std::optional<KeyPair>> find_key_pair(Transaction& tx, std::string_view account,
                                             std::string_view name) {
  return first(
      tx.query("SELECT id, name, type, fingerprint, public_key, created_ms FROM key_pairs WHERE account = ?1 "
               "AND name = ?2",
               {account, name}));
}

Result<std::optional<KeyPair>> find_key_pair_by_id(Transaction& tx, std::string_view account,
                                                   std::string_view id) {
  return first(
      tx.query("SELECT id, name, type, fingerprint, public_key, created_ms FROM key_pairs WHERE account = ?1 "
               "AND id = ?2",
               {account, id}));
}

Result<std::vector<KeyPair>> list_key_pairs(Transaction& tx, std::string_view account,
                                            std::string_view after_name, std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT id, name, type, fingerprint, public_key, created_ms FROM key_pairs WHERE account = ?1 "
               "AND name > ?2 ORDER BY name LIMIT ?3",
               {account, after_name, static_cast<std::int64_t>(limit)}),
      key_pair_of);
}

Result<std::int64_t> count_key_pairs(Transaction& tx, std::string_view account) {
  auto rows = TRY(tx.query("SELECT count(*) FROM key_pairs WHERE account = ?1", {account}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<void> insert_key_pair(Transaction& tx, std::string_view account, KeyPair const& pair) {
  TRY(
      tx.execute("INSERT INTO key_pairs(id, account, name, type, fingerprint, public_key, created_ms) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                 {std::string_view(pair.id), account, std::string_view(pair.name),
                  std::string_view(pair.type), std::string_view(pair.fingerprint),
                  std::string_view(pair.public_key), to_milliseconds(pair.created)}));
  return {};
}

Result<void> remove_key_pair(Transaction& tx, std::string_view account, std::string_view id) {
  TRY(tx.execute("DELETE FROM key_pairs WHERE account = ?1 AND id = ?2", {account, id}));
  return {};
}

}  // namespace argosy::catalogue
