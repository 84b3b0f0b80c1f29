// catalogue/permissions.cpp - see permissions.h.
#include "catalogue/permissions.h"

#include <algorithm>
#include <array>

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using images::Permission;
using images::PrincipalKind;

constexpr std::array<std::pair<PrincipalKind, std::string_view>, 4> kKinds{{
    {PrincipalKind::account, "account"},
    {PrincipalKind::group, "group"},
    {PrincipalKind::organization, "organization"},
    {PrincipalKind::organizational_unit, "ou"},
}};
std::string_view to_text(PrincipalKind kind) {
  return std::ranges::find(kKinds, kind, &std::pair<PrincipalKind, std::string_view>::first)->second;
}
PrincipalKind kind_of(std::string_view text) {
  return std::ranges::find(kKinds, text, &std::pair<PrincipalKind, std::string_view>::second)->first;
}

}  // namespace

Result<images::Sharing> find_sharing(Transaction& tx, std::string_view resource, std::string_view account) {
  images::Sharing sharing;
  TRY(sql::visit_rows(tx.query("SELECT kind FROM permissions WHERE resource = ?1 AND "
                               "((kind = 'account' AND value = ?2) OR (kind = 'group' AND value = 'all'))",
                               {resource, account}),
                      [&](sql::Rows& row) -> Result<void> {
                        (row.text(0) == "group" ? sharing.everybody : sharing.explicitly) = true;
                        return {};
                      }));
  return sharing;
}

Result<std::vector<Permission>> list_permissions(Transaction& tx, std::string_view resource) {
  return sql::read_rows(
      tx.query("SELECT kind, value FROM permissions WHERE resource = ?1 ORDER BY kind, value", {resource}),
      [](sql::Rows& row) {
        return Permission{kind_of(row.text(0)), std::string(row.text(1))};
      });
}

Result<std::int64_t> count_permissions(Transaction& tx, std::string_view resource) {
  auto rows = TRY(tx.query("SELECT count(*) FROM permissions WHERE resource = ?1", {resource}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<void> add_permission(Transaction& tx, std::string_view resource, Time created,
                            Permission const& permission) {
  auto shown = to_iso8601(created);
  TRY(tx.execute(
      "INSERT INTO permissions(resource, kind, value, created) VALUES(?1, ?2, ?3, ?4) "
      "ON CONFLICT(resource, kind, value) DO NOTHING",
      {resource, to_text(permission.kind), std::string_view(permission.value), std::string_view(shown)}));
  return {};
}

Result<bool> remove_permission(Transaction& tx, std::string_view resource, Permission const& permission) {
  auto changed = TRY(tx.execute("DELETE FROM permissions WHERE resource = ?1 AND kind = ?2 AND value = ?3",
                                {resource, to_text(permission.kind), std::string_view(permission.value)}));
  return changed > 0;
}

Result<void> remove_all_permissions(Transaction& tx, std::string_view resource) {
  TRY(tx.execute("DELETE FROM permissions WHERE resource = ?1", {resource}));
  return {};
}

}  // namespace argosy::catalogue
