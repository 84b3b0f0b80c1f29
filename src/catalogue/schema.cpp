// catalogue/schema.cpp - see schema.h: the SQL.
//
// `created` is the text that EC2 shows (2026-05-09T14:22:31.000Z): it sorts as time does, and filters match
// it. Other times are milliseconds since 1970, booleans 0 and 1.
#include "catalogue/schema.h"

#include <array>
#include <span>

namespace argosy::catalogue {
namespace {

constexpr std::int64_t kSchemaVersion = 9;

/// What a region's tables of each earlier version, from 1 on, lack besides tables and indexes of their own.
constexpr std::array<std::string_view, kSchemaVersion - 1> kRegionUpgrades{
    "ALTER TABLE snapshots ADD COLUMN unsynced_boot TEXT NOT NULL DEFAULT ''",
    R"sql(
ALTER TABLE snapshots ADD COLUMN encrypted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshots ADD COLUMN kms_key TEXT NOT NULL DEFAULT '';
ALTER TABLE snapshots ADD COLUMN envelope BLOB NOT NULL DEFAULT x'';
ALTER TABLE snapshots ADD COLUMN base_envelope BLOB NOT NULL DEFAULT x'';
ALTER TABLE image_mappings ADD COLUMN encrypted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copy_disks ADD COLUMN source_owner TEXT NOT NULL DEFAULT '';
ALTER TABLE copy_disks ADD COLUMN source_encrypted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lease_disks ADD COLUMN kms_key TEXT NOT NULL DEFAULT '';
ALTER TABLE lease_disks ADD COLUMN envelope BLOB NOT NULL DEFAULT x'')sql",
    // Before version 3 there were no keys. Replicas learn of each other.
    R"sql(
CREATE TABLE IF NOT EXISTS keys(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, description TEXT NOT NULL, policy TEXT NOT NULL,
  state TEXT NOT NULL, manager TEXT NOT NULL, scope TEXT NOT NULL, primary_region TEXT NOT NULL,
  created_ms INTEGER NOT NULL, deletion_ms INTEGER, window_days INTEGER NOT NULL, rotation_days INTEGER NOT NULL,
  next_rotation_ms INTEGER, current_version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS key_replicas(
  key TEXT NOT NULL, region TEXT NOT NULL, in_step INTEGER NOT NULL, since_ms INTEGER NOT NULL,
  PRIMARY KEY(key, region));
ALTER TABLE keys ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
UPDATE key_replicas SET in_step = 0)sql",
    "ALTER TABLE images ADD COLUMN source_instance_id TEXT",
    "",
    "",
    "DROP INDEX IF EXISTS snapshots_uploads",  // it has more columns now
    "",
};
/// The same of the directory of accounts.
constexpr std::array<std::string_view, kSchemaVersion - 1> kDirectoryUpgrades{
    "",
    R"sql(
CREATE TABLE secrets(name TEXT PRIMARY KEY, wrapped_secret BLOB NOT NULL);
INSERT INTO secrets SELECT 'root key check', wrapped FROM root_key_check;
DROP TABLE root_key_check;
ALTER TABLE accounts ADD COLUMN organization_path TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN organization_set_ms INTEGER NOT NULL DEFAULT 0)sql", "", "", "", "", "", "",
};

constexpr std::string_view kVersionTable = R"sql(
CREATE TABLE IF NOT EXISTS schema_version(version INTEGER NOT NULL);
)sql";

constexpr std::string_view kRegionSchema = R"sql(
CREATE TABLE IF NOT EXISTS images(
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, state TEXT NOT NULL,
  state_reason_code TEXT NOT NULL, state_reason TEXT NOT NULL, created TEXT NOT NULL, architecture TEXT NOT NULL,
  virtualization_type TEXT NOT NULL, root_device_name TEXT NOT NULL, kernel_id TEXT, ramdisk_id TEXT,
  ena_support INTEGER, sriov_net_support TEXT, boot_mode TEXT, tpm_support TEXT, uefi_data TEXT, imds_support TEXT,
  platform TEXT, source_image_id TEXT, source_image_region TEXT, deprecation TEXT, source_instance_id TEXT);
CREATE INDEX IF NOT EXISTS images_owner ON images(owner, created, id) WHERE state <> 'deregistered';
CREATE INDEX IF NOT EXISTS images_deregistered ON images(owner, created, id) WHERE state = 'deregistered';
CREATE INDEX IF NOT EXISTS images_state ON images(owner, state) WHERE state <> 'deregistered';
CREATE INDEX IF NOT EXISTS images_pending ON images(id) WHERE state = 'pending';
CREATE UNIQUE INDEX IF NOT EXISTS images_name ON images(owner, name) WHERE state <> 'deregistered';

CREATE TABLE IF NOT EXISTS image_mappings(
  image TEXT NOT NULL, position INTEGER NOT NULL, device_name TEXT NOT NULL, virtual_name TEXT,
  snapshot TEXT NOT NULL, volume_size_gib INTEGER NOT NULL, volume_type TEXT NOT NULL, iops INTEGER,
  throughput INTEGER, delete_on_termination INTEGER NOT NULL, encrypted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(image, position));
CREATE INDEX IF NOT EXISTS image_mappings_snapshot ON image_mappings(snapshot);

CREATE TABLE IF NOT EXISTS snapshots(
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, state TEXT NOT NULL, status_message TEXT NOT NULL,
  description TEXT NOT NULL, volume_id TEXT NOT NULL, volume_size_gib INTEGER NOT NULL, created TEXT NOT NULL,
  completed_ms INTEGER, progress_percent INTEGER NOT NULL, root BLOB NOT NULL, content_digest BLOB NOT NULL,
  content_bytes INTEGER NOT NULL, lineage TEXT NOT NULL, is_upload INTEGER NOT NULL, parent TEXT NOT NULL, base_size_gib INTEGER NOT NULL,
  timeout_minutes INTEGER NOT NULL, last_write_ms INTEGER NOT NULL, completing INTEGER NOT NULL,
  expected_blocks INTEGER NOT NULL, expected_checksum BLOB NOT NULL, unsynced_boot TEXT NOT NULL, copy_source_region TEXT NOT NULL,
  copy_source_snapshot TEXT NOT NULL, copy_bytes_done INTEGER NOT NULL, copy_bytes_moved INTEGER NOT NULL,
  completion_duration_minutes INTEGER, encrypted INTEGER NOT NULL DEFAULT 0, kms_key TEXT NOT NULL DEFAULT '',
  envelope BLOB NOT NULL DEFAULT x'', base_envelope BLOB NOT NULL DEFAULT x'');
CREATE INDEX IF NOT EXISTS snapshots_owner ON snapshots(owner, created, id);
CREATE INDEX IF NOT EXISTS snapshots_content ON snapshots(owner, state, content_bytes);
CREATE INDEX IF NOT EXISTS snapshots_uploads ON snapshots(completing, id, is_upload, state) WHERE is_upload = 1 AND state = 'pending';

CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS ended_uploads(snapshot TEXT PRIMARY KEY);

CREATE TABLE IF NOT EXISTS permissions(
  resource TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, created TEXT NOT NULL,
  PRIMARY KEY(resource, kind, value));
CREATE INDEX IF NOT EXISTS permissions_principal ON permissions(kind, value, created, resource);

CREATE TABLE IF NOT EXISTS tags(
  account TEXT NOT NULL, resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(account, resource, key));
CREATE INDEX IF NOT EXISTS tags_resource ON tags(resource);

CREATE TABLE IF NOT EXISTS client_tokens(
  account TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL, fingerprint TEXT NOT NULL, result TEXT NOT NULL,
  created_ms INTEGER NOT NULL, PRIMARY KEY(account, action, token));
CREATE INDEX IF NOT EXISTS client_tokens_age ON client_tokens(created_ms);

CREATE TABLE IF NOT EXISTS encryption_defaults(account TEXT PRIMARY KEY, by_default INTEGER NOT NULL, kms_key TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS domains(account TEXT PRIMARY KEY, wrapped_secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS secrets(name TEXT PRIMARY KEY, wrapped_secret BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS copies(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, image TEXT NOT NULL, source_region TEXT NOT NULL,
  source_resource TEXT NOT NULL, source_lease TEXT NOT NULL, created_ms INTEGER NOT NULL, owner TEXT NOT NULL,
  epoch INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS copy_disks(
  copy TEXT NOT NULL, snapshot TEXT NOT NULL, source_snapshot TEXT NOT NULL, root BLOB NOT NULL,
  source_owner TEXT NOT NULL DEFAULT '', source_encrypted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(copy, snapshot));
CREATE INDEX IF NOT EXISTS copies_image ON copies(image);
CREATE INDEX IF NOT EXISTS copy_disks_snapshot ON copy_disks(snapshot);
CREATE TABLE IF NOT EXISTS ended_leases(
  source_region TEXT NOT NULL, lease TEXT NOT NULL, PRIMARY KEY(source_region, lease));

CREATE TABLE IF NOT EXISTS leases(
  id TEXT PRIMARY KEY, peer TEXT NOT NULL, account TEXT NOT NULL, resource TEXT NOT NULL, created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS leases_age ON leases(expires_ms);
CREATE INDEX IF NOT EXISTS leases_peer ON leases(peer);
CREATE TABLE IF NOT EXISTS lease_disks(
  lease TEXT NOT NULL, snapshot TEXT NOT NULL, domain TEXT NOT NULL, root BLOB NOT NULL,
  volume_size_gib INTEGER NOT NULL, kms_key TEXT NOT NULL DEFAULT '', envelope BLOB NOT NULL DEFAULT x'',
  PRIMARY KEY(lease, snapshot));

CREATE TABLE IF NOT EXISTS openings(
  number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, peer TEXT NOT NULL, region TEXT NOT NULL,
  account TEXT NOT NULL, resource TEXT NOT NULL, outcome TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS openings_peer ON openings(peer, number);
CREATE INDEX IF NOT EXISTS openings_age ON openings(at_ms);

CREATE TABLE IF NOT EXISTS keys(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, description TEXT NOT NULL, policy TEXT NOT NULL,
  state TEXT NOT NULL, manager TEXT NOT NULL, scope TEXT NOT NULL, primary_region TEXT NOT NULL,
  created_ms INTEGER NOT NULL, deletion_ms INTEGER, window_days INTEGER NOT NULL, rotation_days INTEGER NOT NULL,
  next_rotation_ms INTEGER, current_version INTEGER NOT NULL, revision INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS keys_account ON keys(account, id) WHERE state <> 'deleted';
CREATE INDEX IF NOT EXISTS keys_managed ON keys(account, manager, state);
CREATE INDEX IF NOT EXISTS keys_deletion ON keys(deletion_ms) WHERE state = 'pending_deletion';
CREATE INDEX IF NOT EXISTS keys_rotation ON keys(next_rotation_ms) WHERE state = 'enabled';
CREATE INDEX IF NOT EXISTS keys_waiting ON keys(id) WHERE state = 'pending_replica_deletion';
CREATE INDEX IF NOT EXISTS keys_updating ON keys(id) WHERE state = 'updating';
CREATE TABLE IF NOT EXISTS key_materials(
  key TEXT NOT NULL, version INTEGER NOT NULL, wrapped BLOB NOT NULL, material_id TEXT NOT NULL,
  created_ms INTEGER NOT NULL, origin TEXT NOT NULL, PRIMARY KEY(key, version));
CREATE TABLE IF NOT EXISTS key_replicas(
  key TEXT NOT NULL, region TEXT NOT NULL, in_step INTEGER NOT NULL, since_ms INTEGER NOT NULL,
  PRIMARY KEY(key, region));
CREATE INDEX IF NOT EXISTS key_replicas_lagging ON key_replicas(since_ms) WHERE in_step = 0;
CREATE TABLE IF NOT EXISTS key_tags(
  key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(key, name));
CREATE TABLE IF NOT EXISTS key_aliases(
  account TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL, PRIMARY KEY(account, name));
CREATE INDEX IF NOT EXISTS key_aliases_key ON key_aliases(key);
CREATE TABLE IF NOT EXISTS key_grants(
  id TEXT PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, grantee TEXT NOT NULL,
  retiring_principal TEXT NOT NULL, issuing_account TEXT NOT NULL, operations TEXT NOT NULL,
  constraint_kind TEXT NOT NULL, constraint_pairs BLOB NOT NULL, created_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS key_grants_key ON key_grants(key, id);
CREATE INDEX IF NOT EXISTS key_grants_grantee ON key_grants(key, grantee, id);
CREATE INDEX IF NOT EXISTS key_grants_retiring ON key_grants(retiring_principal, id);

CREATE TABLE IF NOT EXISTS instances(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, reservation TEXT NOT NULL, image TEXT NOT NULL, type TEXT NOT NULL,
  vcpus INTEGER NOT NULL, memory_mib INTEGER NOT NULL, state TEXT NOT NULL, state_reason_code TEXT NOT NULL,
  state_reason TEXT NOT NULL, transition_reason TEXT NOT NULL, created TEXT NOT NULL, launched TEXT NOT NULL,
  changed_ms INTEGER NOT NULL, launch_index INTEGER NOT NULL, key_name TEXT NOT NULL, public_key TEXT NOT NULL, user_data BLOB NOT NULL,
  client_token TEXT NOT NULL, metadata_enabled INTEGER NOT NULL, metadata_tokens_required INTEGER NOT NULL,
  metadata_hop_limit INTEGER NOT NULL, metadata_tags INTEGER NOT NULL, termination_protected INTEGER NOT NULL,
  stop_protected INTEGER NOT NULL, terminates_on_shutdown INTEGER NOT NULL, reboot_wanted INTEGER NOT NULL,
  stop_at_once INTEGER NOT NULL,
  architecture TEXT NOT NULL, virtualization_type TEXT NOT NULL, root_device_name TEXT NOT NULL,
  boot_mode TEXT NOT NULL, ena_support INTEGER, platform TEXT, mac_address TEXT NOT NULL, address TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS instances_account ON instances(account, created, id);
CREATE INDEX IF NOT EXISTS instances_alive ON instances(account, state) WHERE state <> 'terminated';
CREATE INDEX IF NOT EXISTS instances_busy ON instances(state, id) WHERE state <> 'terminated' AND state <> 'stopped';
CREATE INDEX IF NOT EXISTS instances_terminated ON instances(changed_ms) WHERE state = 'terminated';
CREATE UNIQUE INDEX IF NOT EXISTS instances_address ON instances(address) WHERE state <> 'terminated';

CREATE TABLE IF NOT EXISTS volumes(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, state TEXT NOT NULL, size_gib INTEGER NOT NULL, type TEXT NOT NULL,
  iops INTEGER, throughput INTEGER, created TEXT NOT NULL, encrypted INTEGER NOT NULL, kms_key TEXT NOT NULL,
  envelope BLOB NOT NULL, base_snapshot TEXT NOT NULL, base_account TEXT NOT NULL, base_root BLOB NOT NULL,
  base_encrypted INTEGER NOT NULL, base_size_gib INTEGER NOT NULL, base_lineage TEXT NOT NULL,
  base_envelope BLOB NOT NULL, instance TEXT NOT NULL, device_name TEXT NOT NULL,
  delete_on_termination INTEGER NOT NULL, attached TEXT,
  has_overlay INTEGER NOT NULL,  -- 0 none, 1 possible, 2 there
  session TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS volumes_account ON volumes(account, created, id);
CREATE INDEX IF NOT EXISTS volumes_instance ON volumes(instance, device_name) WHERE instance <> '';
CREATE INDEX IF NOT EXISTS volumes_creating ON volumes(id) WHERE state = 'creating';
CREATE TABLE IF NOT EXISTS removed_volumes(id TEXT PRIMARY KEY);

CREATE TABLE IF NOT EXISTS key_pairs(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL, created_ms INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS key_pairs_name ON key_pairs(account, name);
)sql";

constexpr std::string_view kDirectorySchema = R"sql(
CREATE TABLE IF NOT EXISTS accounts(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  organization_path TEXT NOT NULL DEFAULT '', organization_set_ms INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS accounts_disabled ON accounts(id) WHERE enabled = 0;
CREATE TABLE IF NOT EXISTS access_keys(
  id TEXT PRIMARY KEY, account TEXT NOT NULL, wrapped_secret BLOB NOT NULL, enabled INTEGER NOT NULL,
  created_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS access_keys_account ON access_keys(account);
CREATE TABLE IF NOT EXISTS secrets(name TEXT PRIMARY KEY, wrapped_secret BLOB NOT NULL);
)sql";

/// `script` makes what is not there; `upgrades` change tables that are.
Result<void> create_schema(sql::Session& session, std::string_view script,
                           std::span<std::string_view const> upgrades) {
  TRY(session.run_script(kVersionTable));
  auto tx = TRY(Transaction::begin(session, sql::Access::write));
  std::int64_t version = 0;
  {
    auto rows = TRY(tx.query("SELECT version FROM schema_version"));
    bool found = TRY(rows->next());
    if (found) version = rows->integer(0);
  }
  if (version > kSchemaVersion)
    return fail(Fault::corrupt, "the database was written by a later version of argosyd");
  if (version == kSchemaVersion) return tx.commit();
  if (version > 0)
    for (auto const& upgrade : upgrades.subspan(static_cast<std::size_t>(version - 1)))
      if (!upgrade.empty()) TRY(session.run_script(upgrade));
  TRY(session.run_script(script));
  TRY(tx.execute("DELETE FROM schema_version"));
  TRY(tx.execute("INSERT INTO schema_version(version) VALUES(?1)", {kSchemaVersion}));
  return tx.commit();
}

}  // namespace

Result<void> create_region_schema(sql::Session& session) {
  return create_schema(session, kRegionSchema, kRegionUpgrades);
}
Result<void> create_directory_schema(sql::Session& session) {
  return create_schema(session, kDirectorySchema, kDirectoryUpgrades);
}

Result<void> check_readable(Transaction& tx) {
  auto rows = TRY(tx.query("SELECT id FROM snapshots ORDER BY id LIMIT 1"));
  TRY(rows->next());
  return {};
}

}  // namespace argosy::catalogue
