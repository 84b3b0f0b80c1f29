// catalogue/keys.cpp - see keys.h.
#include "catalogue/keys.h"

#include <algorithm>
#include <array>

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using keys::Key;
using keys::KeyManager;
using keys::KeyScope;
using keys::KeyState;

template <class Value, std::size_t kSize>
using Names = std::array<std::pair<Value, std::string_view>, kSize>;

constexpr Names<KeyState, 6> kStates{{{KeyState::enabled, "enabled"},
                                      {KeyState::disabled, "disabled"},
                                      {KeyState::pending_deletion, "pending_deletion"},
                                      {KeyState::pending_replica_deletion, "pending_replica_deletion"},
                                      {KeyState::updating, "updating"},
                                      {KeyState::deleted, "deleted"}}};
constexpr Names<KeyManager, 2> kManagers{{{KeyManager::customer, "customer"}, {KeyManager::aws, "aws"}}};
constexpr Names<KeyScope, 3> kScopes{{{KeyScope::single_region, "single_region"},
                                      {KeyScope::primary, "primary"},
                                      {KeyScope::replica, "replica"}}};
constexpr Names<MaterialOrigin, 3> kOrigins{{{MaterialOrigin::creation, "creation"},
                                             {MaterialOrigin::automatic, "automatic"},
                                             {MaterialOrigin::on_demand, "on_demand"}}};

template <class Value, std::size_t kSize>
std::string_view name_of(Names<Value, kSize> const& names, Value value) {
  return std::ranges::find(names, value, &std::pair<Value, std::string_view>::first)->second;
}
template <class Value, std::size_t kSize>
Result<Value> value_of(Names<Value, kSize> const& names, std::string_view name) {
  auto const found = std::ranges::find(names, name, &std::pair<Value, std::string_view>::second);
  if (found == names.end()) return fail(Fault::corrupt, "a key's row says " + std::string(name));
  return found->first;
}

std::optional<std::int64_t> to_column(std::optional<Time> time) {
  return time ? std::optional(to_milliseconds(*time)) : std::nullopt;
}
std::optional<Time> to_time(std::optional<std::int64_t> column) {
  return column ? std::optional(from_milliseconds(*column)) : std::nullopt;
}

/// What a wrapped material is bound to: it cannot be moved to another key or version.
std::string purpose(std::string_view key, std::uint32_t version) {
  return "argosy key " + std::string(key) + " " + std::to_string(version);
}

Result<std::vector<std::string>> read_ids(Result<std::unique_ptr<sql::Rows>> rows) {
  return sql::read_rows(std::move(rows), [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<std::int64_t> read_count(Result<std::unique_ptr<sql::Rows>> opened) {
  auto rows = TRY(std::move(opened));
  TRY(rows->next());
  return rows->integer(0);
}

}  // namespace

Result<std::optional<Key>> find_key(Transaction& tx, std::string_view id) {
  auto rows = TRY(tx.query(
      "SELECT account, region, description, policy, state, manager, scope, primary_region, created_ms, "
      "deletion_ms, window_days, rotation_days, next_rotation_ms, current_version, revision FROM keys "
      "WHERE id = ?1",
      {id}));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  Key key;
  key.id = id;
  key.account = rows->text(0);
  key.region = rows->text(1);
  key.description = rows->text(2);
  key.policy = rows->text(3);
  key.state = TRY(value_of(kStates, rows->text(4)));
  key.manager = TRY(value_of(kManagers, rows->text(5)));
  key.scope = TRY(value_of(kScopes, rows->text(6)));
  key.primary_region = rows->text(7);
  key.created = from_milliseconds(rows->integer(8));
  key.deletion = to_time(rows->optional_integer(9));
  key.window_days = static_cast<int>(rows->integer(10));
  key.rotation_days = static_cast<int>(rows->integer(11));
  key.next_rotation = to_time(rows->optional_integer(12));
  key.current_version = static_cast<std::uint32_t>(rows->integer(13));
  key.revision = rows->integer(14);
  return std::optional(std::move(key));
}

Result<void> insert_key(Transaction& tx, Key const& key) {
  TRY(tx.execute(
      "INSERT INTO keys(id, account, region, description, policy, state, manager, scope, primary_region, "
      "created_ms, deletion_ms, window_days, rotation_days, next_rotation_ms, current_version, revision) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
      {std::string_view(key.id), std::string_view(key.account), std::string_view(key.region),
       std::string_view(key.description), std::string_view(key.policy), name_of(kStates, key.state),
       name_of(kManagers, key.manager), name_of(kScopes, key.scope), std::string_view(key.primary_region),
       to_milliseconds(key.created), sql::optional_value(to_column(key.deletion)),
       std::int64_t{key.window_days}, std::int64_t{key.rotation_days},
       sql::optional_value(to_column(key.next_rotation)), std::int64_t{key.current_version}, key.revision}));
  return {};
}

Result<void> save_key(Transaction& tx, Key const& key) {
  TRY(tx.execute(
      "UPDATE keys SET description = ?2, policy = ?3, state = ?4, deletion_ms = ?5, window_days = ?6, "
      "rotation_days = ?7, next_rotation_ms = ?8, current_version = ?9, scope = ?10, primary_region = ?11, "
      "revision = ?12 WHERE id = ?1",
      {std::string_view(key.id), std::string_view(key.description), std::string_view(key.policy),
       name_of(kStates, key.state), sql::optional_value(to_column(key.deletion)),
       std::int64_t{key.window_days}, std::int64_t{key.rotation_days},
       sql::optional_value(to_column(key.next_rotation)), std::int64_t{key.current_version},
       name_of(kScopes, key.scope), std::string_view(key.primary_region), key.revision}));
  return {};
}

Result<void> remove_key(Transaction& tx, std::string_view id) {
  TRY(tx.execute("DELETE FROM keys WHERE id = ?1", {id}));
  return {};
}

Result<std::int64_t> count_keys(Transaction& tx, std::string_view account) {
  return read_count(
      tx.query("SELECT count(*) FROM keys WHERE account = ?1 AND state <> 'deleted' AND manager = 'customer'",
               {account}));
}

Result<std::vector<std::string>> list_keys(Transaction& tx, std::string_view account, std::string_view after,
                                           std::size_t limit) {
  return read_ids(tx.query(
      "SELECT id FROM keys WHERE account = ?1 AND state <> 'deleted' AND id > ?2 ORDER BY id LIMIT ?3",
      {account, after, static_cast<std::int64_t>(limit)}));
}

Result<std::vector<std::string>> list_keys_due(Transaction& tx, Time now, std::string_view after,
                                               std::size_t limit) {
  // By these indexes: in the order of ids SQLite would look at every key that there is.
  return read_ids(
      tx.query("SELECT id FROM keys INDEXED BY keys_deletion "
               "WHERE state = 'pending_deletion' AND deletion_ms <= ?1 AND id > ?2 UNION "
               "SELECT id FROM keys INDEXED BY keys_rotation "
               "WHERE state = 'enabled' AND next_rotation_ms <= ?1 AND id > ?2 ORDER BY id LIMIT ?3",
               {to_milliseconds(now), after, static_cast<std::int64_t>(limit)}));
}

Result<std::optional<ClockRun>> find_clock_run(Transaction& tx) {
  auto rows =
      TRY(tx.query("SELECT since.value, seen.value FROM counters since, counters seen "
                   "WHERE since.name = 'clock since' AND seen.name = 'clock seen'"));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  return ClockRun{from_milliseconds(rows->integer(0)), from_milliseconds(rows->integer(1))};
}

Result<void> save_clock_run(Transaction& tx, ClockRun const& run) {
  TRY(
      tx.execute("INSERT INTO counters(name, value) VALUES('clock since', ?1), ('clock seen', ?2) "
                 "ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                 {to_milliseconds(run.since), to_milliseconds(run.seen)}));
  return {};
}

Result<std::vector<std::string>> list_waiting_primaries(Transaction& tx, std::string_view after,
                                                        std::size_t limit) {
  return read_ids(tx.query(
      "SELECT id FROM keys WHERE state = 'pending_replica_deletion' AND id > ?1 ORDER BY id LIMIT ?2",
      {after, static_cast<std::int64_t>(limit)}));
}

Result<std::vector<std::string>> list_updating_keys(Transaction& tx, std::string_view after,
                                                    std::size_t limit) {
  return read_ids(tx.query("SELECT id FROM keys WHERE state = 'updating' AND id > ?1 ORDER BY id LIMIT ?2",
                           {after, static_cast<std::int64_t>(limit)}));
}

Result<std::vector<std::string>> list_primary_keys(Transaction& tx, std::string_view after,
                                                   std::size_t limit) {
  return read_ids(
      tx.query("SELECT id FROM keys WHERE scope = 'primary' AND state <> 'deleted' AND id > ?1 AND "
               "EXISTS (SELECT 1 FROM key_replicas WHERE key_replicas.key = keys.id) ORDER BY id LIMIT ?2",
               {after, static_cast<std::int64_t>(limit)}));
}

Result<std::vector<std::string>> list_replica_keys(Transaction& tx, std::string_view after,
                                                   std::size_t limit) {
  return read_ids(
      tx.query("SELECT id FROM keys WHERE scope = 'replica' AND state <> 'deleted' AND id > ?1 "
               "ORDER BY id LIMIT ?2",
               {after, static_cast<std::int64_t>(limit)}));
}

Result<void> insert_material(Transaction& tx, crypto::MasterKeys const& master_keys, std::string_view key,
                             MaterialVersion const& version, crypto::Key const& material, Entropy& entropy) {
  auto const wrapped = master_keys.wrap(as_bytes(purpose(key, version.version)), material.bytes(), entropy);
  TRY(tx.execute(
      "INSERT INTO key_materials(key, version, wrapped, material_id, created_ms, origin) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      {key, std::int64_t{version.version}, ByteView(wrapped), std::string_view(version.material_id),
       to_milliseconds(version.created), name_of(kOrigins, version.origin)}));
  return {};
}

Result<std::optional<crypto::Key>> find_material(Transaction& tx, crypto::MasterKeys const& master_keys,
                                                 std::string_view key, std::uint32_t version) {
  auto rows = TRY(tx.query("SELECT wrapped FROM key_materials WHERE key = ?1 AND version = ?2",
                           {key, std::int64_t{version}}));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  return std::optional(TRY(master_keys.unwrap_key(as_bytes(purpose(key, version)), rows->blob(0))));
}

Result<std::vector<MaterialVersion>> list_materials(Transaction& tx, std::string_view key,
                                                    std::uint32_t after, std::size_t limit) {
  std::vector<MaterialVersion> out;
  TRY(sql::visit_rows(
      tx.query("SELECT version, material_id, created_ms, origin FROM key_materials WHERE key = ?1 "
               "AND version > ?2 ORDER BY version LIMIT ?3",
               {key, std::int64_t{after}, static_cast<std::int64_t>(limit)}),
      [&](sql::Rows& row) -> Result<void> {
        auto const origin = TRY(value_of(kOrigins, row.text(3)));
        out.push_back({static_cast<std::uint32_t>(row.integer(0)), std::string(row.text(1)),
                       from_milliseconds(row.integer(2)), origin});
        return {};
      }));
  return out;
}

Result<std::int64_t> count_on_demand_rotations(Transaction& tx, std::string_view key) {
  return read_count(
      tx.query("SELECT count(*) FROM key_materials WHERE key = ?1 AND origin = 'on_demand'", {key}));
}

Result<void> remove_materials(Transaction& tx, std::string_view key) {
  TRY(tx.execute("DELETE FROM key_materials WHERE key = ?1", {key}));
  return {};
}

Result<std::vector<std::string>> list_replicas(Transaction& tx, std::string_view key) {
  return read_ids(tx.query("SELECT region FROM key_replicas WHERE key = ?1 ORDER BY region", {key}));
}

Result<void> save_replica(Transaction& tx, std::string_view key, std::string_view region, bool in_step,
                          Time now) {
  TRY(tx.execute(
      "INSERT INTO key_replicas(key, region, in_step, since_ms) VALUES(?1, ?2, ?3, ?4) "
      "ON CONFLICT(key, region) DO UPDATE SET in_step = excluded.in_step, since_ms = excluded.since_ms",
      {key, region, std::int64_t{in_step}, to_milliseconds(now)}));
  return {};
}

Result<void> remove_replica(Transaction& tx, std::string_view key, std::string_view region) {
  TRY(tx.execute("DELETE FROM key_replicas WHERE key = ?1 AND region = ?2", {key, region}));
  return {};
}

Result<void> save_replicas(Transaction& tx, std::string_view key, std::vector<std::string> const& regions,
                           bool in_step, Time now) {
  TRY(tx.execute("DELETE FROM key_replicas WHERE key = ?1", {key}));
  for (auto const& region : regions) TRY(save_replica(tx, key, region, in_step, now));
  return {};
}

Result<std::vector<LaggingReplica>> list_lagging_replicas(Transaction& tx, LaggingReplica const& after,
                                                          std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT key, region, since_ms FROM key_replicas WHERE in_step = 0 AND "
               "(since_ms, key, region) > (?1, ?2, ?3) ORDER BY since_ms, key, region LIMIT ?4",
               {to_milliseconds(after.since), std::string_view(after.key), std::string_view(after.region),
                static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) {
        return LaggingReplica{std::string(row.text(0)), std::string(row.text(1)),
                              from_milliseconds(row.integer(2))};
      });
}

Result<std::optional<Time>> find_lagging_since(Transaction& tx, std::string_view key,
                                               std::string_view region) {
  auto rows = TRY(tx.query("SELECT since_ms FROM key_replicas WHERE key = ?1 AND region = ?2 AND in_step = 0",
                           {key, region}));
  bool const found = TRY(rows->next());
  return found ? std::optional(from_milliseconds(rows->integer(0))) : std::nullopt;
}

Result<KeyTags> list_key_tags(Transaction& tx, std::string_view key, std::string_view after,
                              std::size_t limit) {
  KeyTags out;
  TRY(sql::visit_rows(
      tx.query("SELECT name, value FROM key_tags WHERE key = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
               {key, after, static_cast<std::int64_t>(limit)}),
      [&](sql::Rows& row) -> Result<void> {
        out.emplace(row.text(0), row.text(1));
        return {};
      }));
  return out;
}

Result<std::optional<std::string>> find_key_tag(Transaction& tx, std::string_view key,
                                                std::string_view name) {
  auto rows = TRY(tx.query("SELECT value FROM key_tags WHERE key = ?1 AND name = ?2", {key, name}));
  bool const found = TRY(rows->next());
  return found ? std::optional(std::string(rows->text(0))) : std::nullopt;
}

Result<std::int64_t> count_key_tags(Transaction& tx, std::string_view key) {
  return read_count(tx.query("SELECT count(*) FROM key_tags WHERE key = ?1", {key}));
}

Result<void> save_key_tags(Transaction& tx, std::string_view key, KeyTags const& tags) {
  for (auto const& [name, value] : tags)
    TRY(tx.execute(
        "INSERT INTO key_tags(key, name, value) VALUES(?1, ?2, ?3) ON CONFLICT(key, name) DO UPDATE "
        "SET value = excluded.value",
        {key, std::string_view(name), std::string_view(value)}));
  return {};
}

Result<void> remove_key_tag(Transaction& tx, std::string_view key, std::string_view name) {
  TRY(tx.execute("DELETE FROM key_tags WHERE key = ?1 AND name = ?2", {key, name}));
  return {};
}

}  // namespace argosy::catalogue
