// catalogue/tags.cpp - see tags.h.
#include "catalogue/tags.h"

#include "images/rules.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {

Result<std::vector<images::Tag>> list_tags(Transaction& tx, std::string_view account,
                                           std::string_view resource) {
  return sql::read_rows(
      tx.query("SELECT key, value FROM tags WHERE account = ?1 AND resource = ?2 ORDER BY key",
               {account, resource}),
      [](sql::Rows& row) {
        return images::Tag{std::string(row.text(0)), std::string(row.text(1))};
      });
}

Result<void> save_tags(Transaction& tx, std::string_view account, std::string_view resource,
                       std::vector<images::Tag> const& tags) {
  for (auto const& tag : tags)
    TRY(
        tx.execute("INSERT INTO tags(account, resource, key, value) VALUES(?1, ?2, ?3, ?4) "
                   "ON CONFLICT(account, resource, key) DO UPDATE SET value = excluded.value",
                   {account, resource, std::string_view(tag.key), std::string_view(tag.value)}));
  auto rows =
      TRY(tx.query("SELECT count(*) FROM tags WHERE account = ?1 AND resource = ?2", {account, resource}));
  TRY(rows->next());
  if (static_cast<std::size_t>(rows->integer(0)) > images::kMaxTags)
    return fail(Fault::limit, "TagLimitExceeded", std::string(resource) + " would have more than 50 tags");
  return {};
}

Result<void> remove_tag(Transaction& tx, std::string_view account, std::string_view resource,
                        std::string_view key, std::optional<std::string> const& value) {
  TRY(tx.execute(
      "DELETE FROM tags WHERE account = ?1 AND resource = ?2 AND key = ?3 AND (?4 IS NULL OR value = ?4)",
      {account, resource, key, sql::optional_value(value)}));
  return {};
}

Result<void> remove_all_tags(Transaction& tx, std::string_view account, std::string_view resource) {
  TRY(tx.execute("DELETE FROM tags WHERE account = ?1 AND resource = ?2", {account, resource}));
  return {};
}

Result<void> remove_resource_tags(Transaction& tx, std::string_view resource) {
  TRY(tx.execute("DELETE FROM tags WHERE resource = ?1", {resource}));
  return {};
}

}  // namespace argosy::catalogue
