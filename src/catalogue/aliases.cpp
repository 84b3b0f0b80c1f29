// catalogue/aliases.cpp - see aliases.h.
#include "catalogue/aliases.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

Alias alias_of(sql::Rows& rows) {
  return {std::string(rows.text(0)), std::string(rows.text(1)), from_milliseconds(rows.integer(2)),
          from_milliseconds(rows.integer(3))};
}

}  // namespace

Result<std::optional<Alias>> find_alias(Transaction& tx, std::string_view account, std::string_view name) {
  auto rows = TRY(
      tx.query("SELECT name, key, created_ms, updated_ms FROM key_aliases WHERE account = ?1 AND name = ?2",
               {account, name}));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  return std::optional(alias_of(*rows));
}

Result<void> save_alias(Transaction& tx, std::string_view account, Alias const& alias) {
  TRY(tx.execute(
      "INSERT INTO key_aliases(account, name, key, created_ms, updated_ms) VALUES(?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT(account, name) DO UPDATE SET key = excluded.key, updated_ms = excluded.updated_ms",
      {account, std::string_view(alias.name), std::string_view(alias.key), to_milliseconds(alias.created),
       to_milliseconds(alias.updated)}));
  return {};
}

Result<void> remove_alias(Transaction& tx, std::string_view account, std::string_view name) {
  TRY(tx.execute("DELETE FROM key_aliases WHERE account = ?1 AND name = ?2", {account, name}));
  return {};
}

Result<void> remove_aliases_of(Transaction& tx, std::string_view key) {
  TRY(tx.execute("DELETE FROM key_aliases WHERE key = ?1", {key}));
  return {};
}

Result<std::int64_t> count_aliases(Transaction& tx, std::string_view key) {
  auto rows = TRY(tx.query("SELECT count(*) FROM key_aliases WHERE key = ?1", {key}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<std::vector<Alias>> list_aliases(Transaction& tx, std::string_view account, std::string_view key,
                                        std::string_view after, std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT name, key, created_ms, updated_ms FROM key_aliases WHERE account = ?1 AND "
               "(?2 = '' OR key = ?2) AND name > ?3 ORDER BY name LIMIT ?4",
               {account, key, after, static_cast<std::int64_t>(limit)}),
      alias_of);
}

}  // namespace argosy::catalogue
