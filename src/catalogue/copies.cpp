// catalogue/copies.cpp - see copies.h.
#include "catalogue/copies.h"

#include "catalogue/ended_leases.h"
#include "sql/read_rows.h"

namespace argosy::catalogue {

Result<void> insert_copy(Transaction& tx, Copy const& copy) {
  TRY(
      tx.execute("INSERT INTO copies(id, account, image, source_region, source_resource, source_lease, "
                 "created_ms, owner, "
                 "epoch, lease_until_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, '', 0, 0)",
                 {std::string_view(copy.id), std::string_view(copy.account), std::string_view(copy.image_id),
                  std::string_view(copy.source_region), std::string_view(copy.source_resource),
                  std::string_view(copy.source_lease), to_milliseconds(copy.created)}));
  for (auto const& disk : copy.disks)
    TRY(tx.execute(
        "INSERT INTO copy_disks(copy, snapshot, source_snapshot, root, source_owner, source_encrypted) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        {std::string_view(copy.id), std::string_view(disk.snapshot_id),
         std::string_view(disk.source_snapshot_id), ByteView(disk.root), std::string_view(disk.source_owner),
         std::int64_t{disk.source_encrypted}}));
  return {};
}

Result<Copy> find_copy(Transaction& tx, std::string_view id) {
  Copy copy;
  {
    auto rows = TRY(
        tx.query("SELECT id, account, image, source_region, source_resource, source_lease, created_ms, epoch "
                 "FROM copies WHERE id = ?1",
                 {id}));
    bool found = TRY(rows->next());
    if (!found) return fail(Fault::not_found, "there is no copy task " + std::string(id));
    copy.id = rows->text(0);
    copy.account = rows->text(1);
    copy.image_id = rows->text(2);
    copy.source_region = rows->text(3);
    copy.source_resource = rows->text(4);
    copy.source_lease = rows->text(5);
    copy.created = from_milliseconds(rows->integer(6));
    copy.epoch = rows->integer(7);
  }
  copy.disks = TRY(sql::read_rows(
      tx.query("SELECT snapshot, source_snapshot, root, source_owner, source_encrypted FROM copy_disks "
               "WHERE copy = ?1 ORDER BY snapshot",
               {id}),
      [](sql::Rows& row) {
        return CopyDisk{std::string(row.text(0)), std::string(row.text(1)), to_bytes(row.blob(2)),
                        std::string(row.text(3)), row.integer(4) != 0};
      }));
  return copy;
}

namespace {
Result<std::optional<Copy>> find_by(Transaction& tx, std::string_view query, std::string_view value) {
  std::string id;
  {
    auto rows = TRY(tx.query(query, {value}));
    bool found = TRY(rows->next());
    if (!found) return std::nullopt;
    id = rows->text(0);
  }
  return std::optional(TRY(find_copy(tx, id)));
}
}  // namespace

Result<std::optional<Copy>> find_copy_of_image(Transaction& tx, std::string_view image) {
  return find_by(tx, "SELECT id FROM copies WHERE image = ?1", image);
}

Result<std::optional<Copy>> find_copy_of_snapshot(Transaction& tx, std::string_view snapshot) {
  return find_by(tx, "SELECT copy FROM copy_disks WHERE snapshot = ?1", snapshot);
}

Result<void> remove_copy(Transaction& tx, std::string_view id) {
  auto const copy = TRY(find_copy(tx, id));
  TRY(insert_ended_lease(tx, copy.source_region, copy.source_lease));
  TRY(tx.execute("DELETE FROM copy_disks WHERE copy = ?1", {id}));
  TRY(tx.execute("DELETE FROM copies WHERE id = ?1", {id}));
  return {};
}

Result<std::vector<std::string>> list_unclaimed_copies(Transaction& tx, std::string_view worker, Time now,
                                                       std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT id FROM copies WHERE owner <> ?1 AND lease_until_ms < ?2 ORDER BY created_ms, id "
               "LIMIT ?3",
               {worker, to_milliseconds(now), static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<std::int64_t> claim_copy(Transaction& tx, std::string_view id, std::string_view worker,
                                std::int64_t epoch, Time now, Time until) {
  auto changed =
      TRY(tx.execute("UPDATE copies SET owner = ?2, epoch = CASE WHEN ?3 = 0 THEN epoch + 1 ELSE epoch END, "
                     "lease_until_ms = ?5 WHERE id = ?1 AND ((?3 = 0 AND lease_until_ms < ?4) OR epoch = ?3)",
                     {id, worker, epoch, to_milliseconds(now), to_milliseconds(until)}));
  if (changed == 0) return fail(Fault::conflict, "another worker has the copy task " + std::string(id));
  auto rows = TRY(tx.query("SELECT epoch FROM copies WHERE id = ?1", {id}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<void> release_all_copies(Transaction& tx) {
  TRY(tx.execute("UPDATE copies SET owner = '', lease_until_ms = 0"));
  return {};
}

Result<void> check_epoch(Transaction& tx, std::string_view id, std::int64_t epoch) {
  auto rows = TRY(tx.query("SELECT 1 FROM copies WHERE id = ?1 AND epoch = ?2", {id, epoch}));
  bool held = TRY(rows->next());
  if (!held)
    return fail(Fault::conflict, "lost", "the copy task " + std::string(id) + " was cancelled or taken over");
  return {};
}

Result<void> save_source_lease(Transaction& tx, std::string_view id, std::string_view lease) {
  TRY(tx.execute("UPDATE copies SET source_lease = ?2 WHERE id = ?1", {id, lease}));
  return {};
}

Result<std::int64_t> count_copies(Transaction& tx, std::string_view account, bool of_images) {
  auto rows = TRY(tx.query("SELECT count(*) FROM copies WHERE account = ?1 AND (image <> '') = ?2",
                           {account, std::int64_t{of_images}}));
  TRY(rows->next());
  return rows->integer(0);
}

}  // namespace argosy::catalogue
