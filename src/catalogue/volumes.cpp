// catalogue/volumes.cpp - see volumes.h.
#include "catalogue/volumes.h"

#include "catalogue/roots.h"
#include "catalogue/tags.h"
#include "instances/errors.h"
#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using instances::Volume;

Result<Volume> to_volume(sql::Rows& row) {
  Volume out;
  out.id = row.text(0);
  out.account = row.text(1);
  out.state = instances::volume_state_of(row.text(2));
  out.size_gib = row.integer(3);
  out.type = row.text(4);
  out.iops = row.optional_integer(5);
  out.throughput = row.optional_integer(6);
  out.created = TRY(parse_iso8601(row.text(7)));
  out.encrypted = row.integer(8) != 0;
  out.kms_key = row.text(9);
  out.envelope = to_bytes(row.blob(10));
  out.base.snapshot_id = row.text(11);
  out.base.account = row.text(12);
  out.base.root = to_bytes(row.blob(13));
  out.base.encrypted = row.integer(14) != 0;
  out.base.size_gib = row.integer(15);
  out.base.lineage = row.text(16);
  out.base.envelope = to_bytes(row.blob(17));
  out.instance_id = row.text(18);
  out.device_name = row.text(19);
  out.delete_on_termination = row.integer(20) != 0;
  if (!row.is_null(21)) out.attached = TRY(parse_iso8601(row.text(21)));
  out.overlay = static_cast<instances::Overlay>(row.integer(22));
  out.session = row.text(23);
  return out;
}

std::optional<std::string> shown(std::optional<Time> const& time) {
  return time ? std::optional(to_iso8601(*time)) : std::nullopt;
}

/// Of a snapshot s: its volume is being read for it.
constexpr std::string_view kIsBeingRead = "s.is_upload = 1 AND s.state = 'pending' AND s.completing = 0";

Result<std::vector<std::string>> list_ids(Result<std::unique_ptr<sql::Rows>> query) {
  return sql::read_rows(std::move(query), [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<void> insert_removed_volume(Transaction& tx, std::string_view id) {
  TRY(tx.execute("INSERT INTO removed_volumes(id) VALUES(?1) ON CONFLICT(id) DO NOTHING", {id}));
  return {};
}

}  // namespace

Result<std::optional<Volume>> find_volume(Transaction& tx, std::string_view id) {
  auto rows = TRY(tx.query(
      "SELECT id, account, state, size_gib, type, iops, throughput, created, encrypted, kms_key, envelope, "
      "base_snapshot, base_account, base_root, base_encrypted, base_size_gib, base_lineage, base_envelope, "
      "instance, device_name, delete_on_termination, attached, has_overlay, session FROM volumes WHERE id = "
      "?1",
      {id}));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  return TRY(to_volume(*rows));
}

Result<Volume> find_owned_volume(Transaction& tx, std::string_view account, std::string const& id) {
  TRY(instances::check_volume_id(id));
  auto found = TRY(find_volume(tx, id));
  if (!found || found->account != account) return instances::volume_not_found(id);
  return *std::move(found);
}

Result<bool> is_captured(Transaction& tx, std::string_view instance) {
  auto rows = TRY(tx.query(
      "SELECT s.id FROM volumes v JOIN snapshots s ON s.volume_id = v.id WHERE v.instance = ?1 AND " +
          std::string(kIsBeingRead) + " LIMIT 1",
      {instance}));
  return rows->next();
}

Result<bool> is_volume_captured(Transaction& tx, std::string_view volume) {
  auto rows = TRY(tx.query(
      "SELECT s.id FROM snapshots s WHERE s.volume_id = ?1 AND " + std::string(kIsBeingRead) + " LIMIT 1",
      {volume}));
  return rows->next();
}

Result<bool> has_volume(Transaction& tx, std::string_view account, std::string_view volume) {
  auto rows = TRY(tx.query("SELECT id FROM volumes WHERE id = ?1 AND account = ?2", {volume, account}));
  return rows->next();
}

Result<void> insert_volume(Transaction& tx, Volume const& v) {
  auto const created = to_iso8601(v.created);
  auto const attached = shown(v.attached);
  TRY(tx.execute(
      "INSERT INTO volumes(id, account, state, size_gib, type, iops, throughput, created, encrypted, "
      "kms_key, "
      "envelope, base_snapshot, base_account, base_root, base_encrypted, base_size_gib, base_lineage, "
      "base_envelope, instance, device_name, delete_on_termination, attached, has_overlay, session) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
      "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
      {std::string_view(v.id),
       std::string_view(v.account),
       instances::to_text(v.state),
       v.size_gib,
       std::string_view(v.type),
       sql::optional_value(v.iops),
       sql::optional_value(v.throughput),
       std::string_view(created),
       std::int64_t{v.encrypted},
       std::string_view(v.kms_key),
       ByteView(v.envelope),
       std::string_view(v.base.snapshot_id),
       std::string_view(v.base.account),
       ByteView(v.base.root),
       std::int64_t{v.base.encrypted},
       v.base.size_gib,
       std::string_view(v.base.lineage),
       ByteView(v.base.envelope),
       std::string_view(v.instance_id),
       std::string_view(v.device_name),
       std::int64_t{v.delete_on_termination},
       sql::optional_value(attached),
       static_cast<std::int64_t>(v.overlay),
       std::string_view(v.session)}));
  return {};
}

Result<void> save_volume(Transaction& tx, Volume const& v) {
  auto const attached = shown(v.attached);
  TRY(tx.execute(
      "UPDATE volumes SET state = ?2, kms_key = ?3, envelope = ?4, base_envelope = ?5, instance = ?6, "
      "device_name = ?7, delete_on_termination = ?8, attached = ?9, has_overlay = ?10, session = ?11 WHERE "
      "id = ?1",
      {std::string_view(v.id), instances::to_text(v.state), std::string_view(v.kms_key), ByteView(v.envelope),
       ByteView(v.base.envelope), std::string_view(v.instance_id), std::string_view(v.device_name),
       std::int64_t{v.delete_on_termination}, sql::optional_value(attached),
       static_cast<std::int64_t>(v.overlay), std::string_view(v.session)}));
  return {};
}

Result<void> remove_volume(Transaction& tx, std::string_view id) {
  TRY(remove_resource_tags(tx, id));
  TRY(tx.execute("DELETE FROM volumes WHERE id = ?1", {id}));
  TRY(insert_removed_volume(tx, id));
  return note_garbage(tx);
}

Result<void> remove_volume_later(Transaction& tx, Volume volume) {
  volume.state = instances::VolumeState::deleting;
  TRY(save_volume(tx, volume));
  return insert_removed_volume(tx, volume.id);
}

Result<std::vector<std::string>> list_removed_volumes(Transaction& tx, std::string_view after,
                                                      std::size_t limit) {
  return list_ids(tx.query("SELECT id FROM removed_volumes WHERE id > ?1 ORDER BY id LIMIT ?2",
                           {after, static_cast<std::int64_t>(limit)}));
}

Result<void> forget_removed_volume(Transaction& tx, std::string_view id) {
  TRY(tx.execute("DELETE FROM removed_volumes WHERE id = ?1", {id}));
  return {};
}

Result<std::vector<Volume>> list_attached_volumes(Transaction& tx, std::string_view instance,
                                                  std::string_view root_device_name) {
  // The index holds attached volumes only: without the second condition SQLite could not use it.
  auto const ids = TRY(
      list_ids(tx.query("SELECT id FROM volumes INDEXED BY volumes_instance "
                        "WHERE instance = ?1 AND instance <> '' ORDER BY device_name <> ?2, device_name, id",
                        {instance, root_device_name})));
  std::vector<Volume> out;
  for (auto const& id : ids) {
    auto volume = TRY(find_volume(tx, id));
    if (volume) out.push_back(*std::move(volume));
  }
  return out;
}

Result<std::vector<std::string>> list_creating_volumes(Transaction& tx, std::size_t limit) {
  return list_ids(
      tx.query("SELECT id FROM volumes WHERE state = 'creating' AND instance = '' ORDER BY id LIMIT ?1",
               {static_cast<std::int64_t>(limit)}));
}

Result<std::int64_t> count_volumes(Transaction& tx, std::string_view account) {
  auto rows = TRY(tx.query("SELECT count(*) FROM volumes WHERE account = ?1", {account}));
  TRY(rows->next());
  return rows->integer(0);
}

}  // namespace argosy::catalogue
