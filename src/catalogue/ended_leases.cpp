// catalogue/ended_leases.cpp - see ended_leases.h.
#include "catalogue/ended_leases.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

std::string first_text(sql::Rows& row) { return std::string(row.text(0)); }

}  // namespace

Result<void> insert_ended_lease(Transaction& tx, std::string_view source_region, std::string_view lease) {
  TRY(
      tx.execute("INSERT INTO ended_leases(source_region, lease) VALUES(?1, ?2) "
                 "ON CONFLICT(source_region, lease) DO NOTHING",
                 {source_region, lease}));
  return {};
}

Result<std::vector<std::string>> list_sources_of_ended_leases(Transaction& tx) {
  return sql::read_rows(tx.query("SELECT DISTINCT source_region FROM ended_leases ORDER BY source_region"),
                        first_text);
}

Result<std::vector<std::string>> list_ended_leases(Transaction& tx, std::string_view source_region,
                                                   std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT lease FROM ended_leases WHERE source_region = ?1 ORDER BY lease LIMIT ?2",
               {source_region, static_cast<std::int64_t>(limit)}),
      first_text);
}

Result<void> remove_ended_lease(Transaction& tx, std::string_view source_region, std::string_view lease) {
  TRY(tx.execute("DELETE FROM ended_leases WHERE source_region = ?1 AND lease = ?2", {source_region, lease}));
  return {};
}

Result<void> remove_ended_leases(Transaction& tx, std::string_view source_region) {
  TRY(tx.execute("DELETE FROM ended_leases WHERE source_region = ?1", {source_region}));
  return {};
}

}  // namespace argosy::catalogue
