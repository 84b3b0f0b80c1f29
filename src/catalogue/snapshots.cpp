// catalogue/snapshots.cpp - see snapshots.h.
#include "catalogue/snapshots.h"

#include "catalogue/permissions.h"
#include "catalogue/tags.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using images::Snapshot;

sql::Value optional_time(std::optional<Time> const& time) {
  if (!time) return nullptr;
  return to_milliseconds(*time);
}

Result<std::vector<std::string>> first_column(Result<std::unique_ptr<sql::Rows>> query) {
  return sql::read_rows(std::move(query), [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<std::int64_t> count(Transaction& tx, std::string_view query, std::string_view owner) {
  auto rows = TRY(tx.query(query, {owner}));
  TRY(rows->next());
  return rows->integer(0);
}

}  // namespace

Result<Snapshot> find_snapshot(Transaction& tx, std::string_view id) {
  auto rows = TRY(
      tx.query("SELECT id, owner, state, status_message, description, volume_id, volume_size_gib, created, "
               "completed_ms, progress_percent, root, content_digest, content_bytes, lineage, is_upload, "
               "parent, timeout_minutes, last_write_ms, completing, expected_blocks, expected_checksum, "
               "copy_source_region, copy_source_snapshot, copy_bytes_done, copy_bytes_moved, "
               "completion_duration_minutes, base_size_gib, unsynced_boot, encrypted, kms_key, envelope, "
               "base_envelope FROM snapshots WHERE id = ?1",
               {id}));
  bool found = TRY(rows->next());
  if (!found) return images::snapshot_not_found(id);
  Snapshot snapshot;
  snapshot.id = rows->text(0);
  snapshot.owner = rows->text(1);
  snapshot.state = images::snapshot_state_of(rows->text(2));
  snapshot.status_message = rows->text(3);
  snapshot.description = rows->text(4);
  snapshot.volume_id = rows->text(5);
  snapshot.volume_size_gib = rows->integer(6);
  snapshot.start_time = TRY(parse_iso8601(rows->text(7)));
  if (!rows->is_null(8)) snapshot.completion_time = from_milliseconds(rows->integer(8));
  snapshot.progress_percent = rows->integer(9);
  snapshot.root = to_bytes(rows->blob(10));
  snapshot.content_digest = to_bytes(rows->blob(11));
  snapshot.content_bytes = rows->integer(12);
  snapshot.lineage = rows->text(13);
  snapshot.is_upload = rows->integer(14) != 0;
  snapshot.parent_snapshot_id = rows->text(15);
  snapshot.timeout_minutes = rows->integer(16);
  snapshot.last_write = from_milliseconds(rows->integer(17));
  snapshot.completing = rows->integer(18) != 0;
  snapshot.expected_blocks = rows->integer(19);
  snapshot.expected_checksum = to_bytes(rows->blob(20));
  snapshot.copy_source_region = rows->text(21);
  snapshot.copy_source_snapshot_id = rows->text(22);
  snapshot.copy_bytes_done = rows->integer(23);
  snapshot.copy_bytes_moved = rows->integer(24);
  snapshot.completion_duration_minutes = rows->optional_integer(25);
  snapshot.base_size_gib = rows->integer(26);
  snapshot.unsynced_boot = rows->text(27);
  snapshot.encrypted = rows->integer(28) != 0;
  snapshot.kms_key = rows->text(29);
  snapshot.envelope = to_bytes(rows->blob(30));
  snapshot.base_envelope = to_bytes(rows->blob(31));
  return snapshot;
}

Result<Snapshot> find_owned_snapshot(Transaction& tx, std::string_view account,
                                     images::SnapshotId const& id) {
  auto snapshot = TRY(find_snapshot(tx, id.text()));
  auto sharing = TRY(find_sharing(tx, id.text(), account));
  TRY(images::check_owner(snapshot, account, sharing));
  return snapshot;
}

Result<Snapshot> find_usable_snapshot(Transaction& tx, std::string_view account,
                                      images::SnapshotId const& id) {
  auto snapshot = TRY(find_snapshot(tx, id.text()));
  auto sharing = TRY(find_sharing(tx, id.text(), account));
  if (!images::may_use(snapshot, account, sharing)) return images::snapshot_not_found(id.text());
  return snapshot;
}

Result<void> insert_snapshot(Transaction& tx, Snapshot const& s) {
  auto created = to_iso8601(s.start_time);
  TRY(tx.execute(
      "INSERT INTO snapshots(id, owner, state, status_message, description, volume_id, volume_size_gib, "
      "created, completed_ms, progress_percent, root, content_digest, content_bytes, lineage, is_upload, "
      "parent, timeout_minutes, last_write_ms, completing, expected_blocks, expected_checksum, "
      "copy_source_region, copy_source_snapshot, copy_bytes_done, copy_bytes_moved, "
      "completion_duration_minutes, base_size_gib, unsynced_boot, encrypted, kms_key, envelope, "
      "base_envelope) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
      "?18, "
      "?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)",
      {std::string_view(s.id),
       std::string_view(s.owner),
       images::to_text(s.state),
       std::string_view(s.status_message),
       std::string_view(s.description),
       std::string_view(s.volume_id),
       s.volume_size_gib,
       std::string_view(created),
       optional_time(s.completion_time),
       s.progress_percent,
       ByteView(s.root),
       ByteView(s.content_digest),
       s.content_bytes,
       std::string_view(s.lineage),
       std::int64_t{s.is_upload},
       std::string_view(s.parent_snapshot_id),
       s.timeout_minutes,
       to_milliseconds(s.last_write),
       std::int64_t{s.completing},
       s.expected_blocks,
       ByteView(s.expected_checksum),
       std::string_view(s.copy_source_region),
       std::string_view(s.copy_source_snapshot_id),
       s.copy_bytes_done,
       s.copy_bytes_moved,
       sql::optional_value(s.completion_duration_minutes),
       s.base_size_gib,
       std::string_view(s.unsynced_boot),
       std::int64_t{s.encrypted},
       std::string_view(s.kms_key),
       ByteView(s.envelope),
       ByteView(s.base_envelope)}));
  return {};
}

Result<void> save_snapshot(Transaction& tx, Snapshot const& s) {
  TRY(tx.execute(
      "UPDATE snapshots SET state = ?2, status_message = ?3, completed_ms = ?4, progress_percent = ?5, "
      "root = ?6, content_digest = ?7, content_bytes = ?8, last_write_ms = ?9, completing = ?10, "
      "expected_blocks = ?11, expected_checksum = ?12, copy_bytes_done = ?13, copy_bytes_moved = ?14, "
      "unsynced_boot = ?15, kms_key = ?16, envelope = ?17, base_envelope = ?18 WHERE id = ?1",
      {std::string_view(s.id), images::to_text(s.state), std::string_view(s.status_message),
       optional_time(s.completion_time), s.progress_percent, ByteView(s.root), ByteView(s.content_digest),
       s.content_bytes, to_milliseconds(s.last_write), std::int64_t{s.completing}, s.expected_blocks,
       ByteView(s.expected_checksum), s.copy_bytes_done, s.copy_bytes_moved,
       std::string_view(s.unsynced_boot), std::string_view(s.kms_key), ByteView(s.envelope),
       ByteView(s.base_envelope)}));
  return {};
}

Result<void> save_description(Transaction& tx, std::string_view id, std::string_view description) {
  TRY(tx.execute("UPDATE snapshots SET description = ?2 WHERE id = ?1", {id, description}));
  return {};
}

Result<void> remove_snapshot(Transaction& tx, std::string_view id) {
  TRY(remove_all_permissions(tx, id));
  TRY(remove_resource_tags(tx, id));
  TRY(tx.execute("DELETE FROM snapshots WHERE id = ?1", {id}));
  return {};
}

Result<std::int64_t> count_snapshots(Transaction& tx, std::string_view owner) {
  return count(tx, "SELECT count(*) FROM snapshots WHERE owner = ?1", owner);
}

Result<std::int64_t> count_uploads(Transaction& tx, std::string_view owner) {
  return count(tx, "SELECT count(*) FROM snapshots WHERE is_upload = 1 AND state = 'pending' AND owner = ?1",
               owner);
}

Result<std::vector<std::string>> list_uploads(Transaction& tx, bool completing, std::string_view after,
                                              std::size_t limit) {
  return first_column(
      tx.query("SELECT id FROM snapshots WHERE is_upload = 1 AND state = 'pending' AND completing = ?1 "
               "AND id > ?2 ORDER BY id LIMIT ?3",
               {std::int64_t{completing}, after, static_cast<std::int64_t>(limit)}));
}

Result<void> insert_ended_upload(Transaction& tx, std::string_view snapshot) {
  TRY(tx.execute("INSERT INTO ended_uploads(snapshot) VALUES(?1) ON CONFLICT(snapshot) DO NOTHING",
                 {snapshot}));
  return {};
}

Result<std::vector<std::string>> list_ended_uploads(Transaction& tx, std::size_t limit) {
  return first_column(
      tx.query("SELECT snapshot FROM ended_uploads LIMIT ?1", {static_cast<std::int64_t>(limit)}));
}

Result<void> remove_ended_upload(Transaction& tx, std::string_view snapshot) {
  TRY(tx.execute("DELETE FROM ended_uploads WHERE snapshot = ?1", {snapshot}));
  return {};
}

}  // namespace argosy::catalogue
