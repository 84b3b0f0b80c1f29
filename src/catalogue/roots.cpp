// catalogue/roots.cpp - see roots.h.
#include "catalogue/roots.h"

#include "images/errors.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {

Result<void> visit_roots(Transaction& tx, Time now,
                         std::function<Result<void>(std::string_view, ByteView)> const& visit) {
  return sql::visit_rows(
      tx.query("SELECT owner, root FROM snapshots WHERE state <> 'error' AND length(root) > 0 "
               "UNION ALL SELECT c.account, d.root FROM copy_disks d JOIN copies c ON c.id = d.copy "
               "UNION ALL SELECT d.domain, d.root FROM lease_disks d JOIN leases l ON l.id = d.lease "
               "WHERE l.expires_ms > ?1 "
               "UNION ALL SELECT base_account, base_root FROM volumes WHERE length(base_root) > 0",
               {to_milliseconds(now)}),
      [&](sql::Rows& row) { return visit(row.text(0), row.blob(1)); });
}

Result<std::vector<CompletedDisk>> list_completed_disks(Transaction& tx, std::string_view after,
                                                        std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT id, owner, root, volume_size_gib FROM snapshots WHERE id > ?1 AND state = 'completed' "
               "ORDER BY id LIMIT ?2",
               {after, static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) {
        return CompletedDisk{std::string(row.text(0)), std::string(row.text(1)), to_bytes(row.blob(2)),
                             row.integer(3)};
      });
}

Result<std::string> find_snapshot_by_root(Transaction& tx, std::string_view account, ByteView root) {
  auto rows = TRY(tx.query(
      "SELECT id FROM snapshots WHERE owner = ?1 AND root = ?2 AND state = 'completed' ORDER BY id LIMIT 1",
      {account, root}));
  bool found = TRY(rows->next());
  if (!found) return images::snapshot_not_found("with that content");
  return std::string(rows->text(0));
}

Result<std::map<std::string, LogicalTotals>> logical_totals(Transaction& tx) {
  std::map<std::string, LogicalTotals> totals;
  TRY(sql::visit_rows(
      tx.query("SELECT owner, count(*), sum(content_bytes) FROM snapshots WHERE state = 'completed' "
               "GROUP BY owner"),
      [&](sql::Rows& row) -> Result<void> {
        totals[std::string(row.text(0))] = {row.integer(1), row.integer(2)};
        return {};
      }));
  return totals;
}

Result<void> note_garbage(Transaction& tx) {
  TRY(
      tx.execute("INSERT INTO counters(name, value) VALUES('garbage', 1) "
                 "ON CONFLICT(name) DO UPDATE SET value = counters.value + 1"));
  return {};
}

Result<std::int64_t> count_garbage_notes(Transaction& tx) {
  auto rows = TRY(tx.query("SELECT value FROM counters WHERE name = 'garbage'"));
  bool found = TRY(rows->next());
  return found ? rows->integer(0) : 0;
}

}  // namespace argosy::catalogue
