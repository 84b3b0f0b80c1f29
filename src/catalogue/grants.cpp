// catalogue/grants.cpp - see grants.h.
#include "catalogue/grants.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using keys::Constraints;
using keys::Grant;

constexpr char kSeparator = ',';

std::string join(std::vector<keys::Action> const& operations) {
  std::string out;
  for (auto const operation : operations) {
    if (!out.empty()) out += kSeparator;
    out += keys::to_text(operation);
  }
  return out;
}

Result<std::vector<keys::Action>> split(std::string_view text) {
  std::vector<keys::Action> out;
  while (!text.empty()) {
    auto const end = text.find(kSeparator);
    auto const action = keys::parse_action(text.substr(0, end));
    if (!action) return fail(Fault::corrupt, "a grant's row says " + std::string(text));
    out.push_back(*action);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

std::string_view name_of(Constraints::Kind kind) {
  switch (kind) {
    case Constraints::Kind::none:
      return "none";
    case Constraints::Kind::subset:
      return "subset";
    case Constraints::Kind::equals:
      return "equals";
  }
  return {};
}
Constraints::Kind kind_of(std::string_view name) {
  return name == "subset"   ? Constraints::Kind::subset
         : name == "equals" ? Constraints::Kind::equals
                            : Constraints::Kind::none;
}

/// Statements are made once, so that the session finds them prepared.
std::string select_grants(std::string_view where) {
  return "SELECT id, key, name, grantee, retiring_principal, issuing_account, operations, constraint_kind, "
         "constraint_pairs, created_ms FROM key_grants WHERE " +
         std::string(where);
}

Result<Grant> grant_of(sql::Rows& rows) {
  Grant out;
  out.id = rows.text(0);
  out.key_id = rows.text(1);
  out.given.name = rows.text(2);
  out.given.grantee = rows.text(3);
  out.given.retiring_principal = rows.text(4);
  out.issuing_account = rows.text(5);
  out.given.operations = TRY(split(rows.text(6)));
  auto context = TRY(keys::from_canonical(rows.blob(8)));
  out.given.constraints = {kind_of(rows.text(7)), std::move(context)};
  out.created = from_milliseconds(rows.integer(9));
  return out;
}

Result<std::vector<Grant>> read(Result<std::unique_ptr<sql::Rows>> rows) {
  std::vector<Grant> out;
  TRY(sql::visit_rows(std::move(rows), [&](sql::Rows& row) -> Result<void> {
    out.push_back(TRY(grant_of(row)));
    return {};
  }));
  return out;
}

}  // namespace

Result<std::optional<Grant>> find_grant(Transaction& tx, std::string_view id) {
  static std::string const statement = select_grants("id = ?1");
  auto found = TRY(read(tx.query(statement, {id})));
  if (found.empty()) return std::nullopt;
  return std::optional(std::move(found.front()));
}

Result<void> insert_grant(Transaction& tx, Grant const& grant) {
  auto const operations = join(grant.given.operations);
  auto const pairs = keys::to_canonical(grant.given.constraints.pairs);
  TRY(tx.execute(
      "INSERT INTO key_grants(id, key, name, grantee, retiring_principal, issuing_account, operations, "
      "constraint_kind, constraint_pairs, created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      {std::string_view(grant.id), std::string_view(grant.key_id), std::string_view(grant.given.name),
       std::string_view(grant.given.grantee), std::string_view(grant.given.retiring_principal),
       std::string_view(grant.issuing_account), std::string_view(operations),
       name_of(grant.given.constraints.kind), ByteView(pairs), to_milliseconds(grant.created)}));
  return {};
}

Result<void> remove_grant(Transaction& tx, std::string_view id) {
  TRY(tx.execute("DELETE FROM key_grants WHERE id = ?1", {id}));
  return {};
}

Result<void> remove_grants_of(Transaction& tx, std::string_view key) {
  TRY(tx.execute("DELETE FROM key_grants WHERE key = ?1", {key}));
  return {};
}

Result<std::int64_t> count_grants(Transaction& tx, std::string_view key) {
  auto rows = TRY(tx.query("SELECT count(*) FROM key_grants WHERE key = ?1", {key}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<std::vector<Grant>> list_grants(Transaction& tx, std::string_view key, std::string_view grantee,
                                       std::string_view after, std::size_t limit) {
  static std::string const everybodys = select_grants("key = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
  static std::string const of_one =
      select_grants("key = ?1 AND grantee = ?2 AND id > ?3 ORDER BY id LIMIT ?4");
  auto const most = static_cast<std::int64_t>(limit);
  return read(grantee.empty() ? tx.query(everybodys, {key, after, most})
                              : tx.query(of_one, {key, grantee, after, most}));
}

Result<std::vector<Grant>> list_retirable_grants(Transaction& tx, std::string_view retiring_principal,
                                                 std::string_view after, std::size_t limit) {
  static std::string const statement =
      select_grants("retiring_principal = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
  return read(tx.query(statement, {retiring_principal, after, static_cast<std::int64_t>(limit)}));
}

}  // namespace argosy::catalogue
