// keystore/rotation.cpp - see rotation.h.
#include "keystore/rotation.h"

#include <algorithm>

#include "base/log.h"
#include "keys/errors.h"
#include "sql/in_transaction.h"

namespace argosy::keystore {
namespace {

using catalogue::Transaction;
using keys::Key;
using sql::in_transaction;

/// More versions than a key can have: one each 90 days and those on demand, for some hundred years.
constexpr std::size_t kMaxVersions = 1'000;
/// A replica that was recorded and did not come into being within this has failed.
constexpr Duration kBirthTime = std::chrono::minutes(10);

/// What must be in step: the primary key with what is recorded with it. Nothing if there is none here (any
/// more).
Result<std::optional<Shared>> read_primary(Transaction& tx, Vault const& vault, std::string_view id) {
  auto const key = TRY(catalogue::find_key(tx, id));
  bool const is_primary =
      key && key->scope == keys::KeyScope::primary && key->state != keys::KeyState::deleted;
  if (!is_primary) return std::nullopt;
  return std::optional(TRY(read_shared(tx, vault, *key)));
}

bool rotates(Shared const& primary) {
  return primary.materials.back().version.version > primary.key.current_version;
}

/// A replica that is gone is no longer one; one that was just recorded may still be coming.
Result<void> forget_if_gone(sql::Pool& here, std::string const& key, std::string const& region, Time now) {
  return in_transaction(here, sql::Access::write, [&](Transaction& tx) -> Result<void> {
    auto const since = TRY(catalogue::find_lagging_since(tx, key, region));
    bool const may_come = since && *since > now - kBirthTime;
    return may_come ? Result<void>{} : forget_replica(tx, key, region, now);
  });
}

/// Whether there is one.
Result<bool> look_after_replica(Catalogues const& catalogues, Vault const& vault, Shared const& primary,
                                std::string const& region, Time now) {
  auto* there = catalogues(region);
  if (there == nullptr) return fail(Fault::unavailable, "the region " + region + " of a replica is not here");
  bool const known = TRY(update_replica(*there, vault, primary, now));
  if (!known) TRY(forget_if_gone(*catalogues(vault.region), primary.key.id, region, now));
  return known;
}

/// The newest material encrypts from now on; or, if it does already, the replicas are in step. False if
/// something changed since `seen` was read.
Result<bool> advance(Transaction& tx, Shared const& seen, std::vector<std::string> const& updated, Time now) {
  auto key = TRY(catalogue::find_key(tx, seen.key.id));
  if (!key || key->scope != keys::KeyScope::primary || key->revision != seen.key.revision) return false;
  if (rotates(seen)) {
    key->current_version = seen.materials.back().version.version;
    TRY(save_shared(tx, *std::move(key), now));
    return false;
  }
  for (auto const& region : updated) TRY(catalogue::save_replica(tx, key->id, region, true, now));
  return true;
}

}  // namespace

Result<Shared> read_shared(Transaction& tx, Vault const& vault, Key const& key) {
  auto replicas = TRY(catalogue::list_replicas(tx, key.id));
  Shared out{key, {}, std::move(replicas)};
  auto const versions = TRY(catalogue::list_materials(tx, key.id, 0, kMaxVersions));
  for (auto const& version : versions) {
    auto const material = TRY(catalogue::find_material(tx, vault.master_keys, key.id, version.version));
    out.materials.push_back({version, *material});
  }
  if (out.materials.empty()) return fail(Fault::corrupt, key.arn() + " has lost its material");
  return out;
}

Result<std::optional<std::uint32_t>> find_conflict(Transaction& tx, Shared const& shared) {
  auto const have = TRY(catalogue::list_materials(tx, shared.key.id, 0, kMaxVersions));
  for (auto const& [version, material] : shared.materials) {
    auto const known = std::ranges::find(have, version.version, &catalogue::MaterialVersion::version);
    if (known != have.end() && known->material_id != version.material_id) return version.version;
  }
  return std::nullopt;
}

Result<void> insert_missing(Transaction& tx, Vault const& vault, Shared const& shared) {
  auto const conflict = TRY(find_conflict(tx, shared));
  if (conflict)
    return fail(Fault::corrupt, "primary key and replica have different materials of version " +
                                    std::to_string(*conflict) +
                                    ": their regions were restored from different moments");
  auto const have = TRY(catalogue::list_materials(tx, shared.key.id, 0, kMaxVersions));
  for (auto const& [version, material] : shared.materials)
    if (std::ranges::find(have, version.version, &catalogue::MaterialVersion::version) == have.end())
      TRY(catalogue::insert_material(tx, vault.master_keys, shared.key.id, version, material, vault.entropy));
  return {};
}

Result<Key> save_shared(Transaction& tx, Key key, Time now) {
  ++key.revision;
  TRY(catalogue::save_key(tx, key));
  auto const replicas = TRY(catalogue::list_replicas(tx, key.id));
  for (auto const& region : replicas) TRY(catalogue::save_replica(tx, key.id, region, false, now));
  return key;
}

Result<void> forget_replica(Transaction& tx, std::string_view key, std::string_view region, Time now) {
  auto primary = TRY(catalogue::find_key(tx, key));
  if (!primary || primary->scope != keys::KeyScope::primary) return {};
  TRY(catalogue::remove_replica(tx, key, region));
  TRY(save_shared(tx, *std::move(primary), now));
  return {};
}

Result<Key> rotate(Transaction& tx, Vault const& vault, Key key, catalogue::MaterialOrigin origin, Time now) {
  auto const material = crypto::Key::random(vault.entropy);
  auto const version = key.current_version + 1;
  TRY(catalogue::insert_material(tx, vault.master_keys, key.id,
                                 {version, keys::material_id(material), now, origin}, material,
                                 vault.entropy));
  auto const replicas = TRY(catalogue::list_replicas(tx, key.id));
  if (replicas.empty()) key.current_version = version;
  if (origin == catalogue::MaterialOrigin::automatic) {
    auto const days = key.rotation_days;
    key = keys::set_rotation(std::move(key), days, now);
  }
  return save_shared(tx, std::move(key), now);
}

Result<bool> is_rotating(Transaction& tx, Key const& key) {
  auto const newer = TRY(catalogue::list_materials(tx, key.id, key.current_version, 1));
  return !newer.empty();
}

Result<bool> update_replica(sql::Pool& there, Vault const& vault, Shared const& primary, Time now) {
  return in_transaction(there, sql::Access::write, [&](Transaction& tx) -> Result<bool> {
    auto replica = TRY(catalogue::find_key(tx, primary.key.id));
    if (!replica || replica->state == keys::KeyState::deleted) return false;
    TRY(insert_missing(tx, vault, primary));
    if (replica->revision > primary.key.revision) return true;
    TRY(catalogue::save_replicas(tx, replica->id, primary.replicas, true, now));
    if (replica->state == keys::KeyState::updating) replica = keys::end_update(*std::move(replica), true);
    if (replica->state == keys::KeyState::pending_replica_deletion) {
      auto const days = replica->window_days;
      replica = keys::schedule_deletion(*std::move(replica), days, false, now);
    }
    replica->scope = keys::KeyScope::replica;
    replica->primary_region = primary.key.region;
    replica->current_version = primary.key.current_version;
    replica->rotation_days = primary.key.rotation_days;
    replica->next_rotation.reset();
    replica->revision = primary.key.revision;
    TRY(catalogue::save_key(tx, *replica));
    return true;
  });
}

Result<void> bring_in_step(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now) {
  auto* here = catalogues(vault.region);
  if (here == nullptr) return fail(Fault::unavailable, "the region " + vault.region + " is not here");
  // The first round brings a new material everywhere, the second that it is the current one; a third follows
  // on a rotation meanwhile, and what comes later is left to the next call.
  for (int round = 0; round < 3; ++round) {
    auto const primary = TRY(in_transaction(*here, sql::Access::read,
                                            [&](Transaction& tx) { return read_primary(tx, vault, key); }));
    if (!primary) return {};
    std::vector<std::string> updated;
    Result<void> all;
    for (auto const& region : primary->replicas) {
      auto known = look_after_replica(catalogues, vault, *primary, region, now);
      if (known && *known) updated.push_back(region);
      if (!known && all) all = std::unexpected(std::move(known).error());
    }
    if (!all) return all;
    bool const done = TRY(in_transaction(
        *here, sql::Access::write, [&](Transaction& tx) { return advance(tx, *primary, updated, now); }));
    if (done) return {};
  }
  return {};
}

void bring_in_step_or_later(Catalogues const& catalogues, Vault const& vault, std::string_view key,
                            Time now) {
  if (auto done = bring_in_step(catalogues, vault, key, now); !done)
    log_warning("{}: replicas of {} come into step later: {}", vault.region, key, done.error().message);
}

Result<void> replicate(Catalogues const& catalogues, Vault const& vault, Key const& replica,
                       catalogue::KeyTags const& tags, std::int64_t limit, Time now) {
  auto* here = catalogues(vault.region);
  auto* there = catalogues(replica.region);
  if (there == nullptr)
    return keys::unsupported("The region " + replica.region +
                             " is not served by this process: the material of keys never leaves it");
  auto const primary = TRY(in_transaction(*here, sql::Access::write, [&](Transaction& tx) -> Result<Shared> {
    auto key = TRY(catalogue::find_key(tx, replica.id));
    if (!key || key->state == keys::KeyState::deleted)
      return keys::not_found("Key '" + replica.arn() + "' does not exist");
    // It may have changed since the caller was judged.
    TRY(keys::check_primary(*key));
    TRY(keys::check_state(*key, keys::Action::replicate_key));
    TRY(catalogue::save_replica(tx, replica.id, replica.region, false, now));
    auto const saved = TRY(save_shared(tx, *std::move(key), now));
    return read_shared(tx, vault, saved);
  }));
  auto made = in_transaction(*there, sql::Access::write, [&](Transaction& tx) -> Result<void> {
    auto const known = TRY(catalogue::find_key(tx, replica.id));
    if (known && known->state != keys::KeyState::deleted)
      return keys::already_exists("The key " + known->arn() + " exists already");
    if (known) TRY(catalogue::remove_key(tx, replica.id));
    auto const have = TRY(catalogue::count_keys(tx, replica.account));
    if (have >= limit)
      return keys::limit_exceeded(access::limit_message("KMS keys in the region " + replica.region, limit,
                                                        "kms_keys",
                                                        "Schedule the deletion of keys that are not needed"));
    auto born = replica;
    born.current_version = primary.key.current_version;
    born.revision = primary.key.revision;
    TRY(catalogue::insert_key(tx, born));
    TRY(catalogue::save_replicas(tx, born.id, primary.replicas, true, now));
    TRY(insert_missing(tx, vault, primary));
    return catalogue::save_key_tags(tx, born.id, tags);
  });
  if (!made && made.error().fault == Fault::limit)
    TRY(in_transaction(*here, sql::Access::write,
                       [&](Transaction& tx) { return forget_replica(tx, replica.id, replica.region, now); }));
  if (!made) return made;
  bring_in_step_or_later(catalogues, vault, replica.id, now);
  return {};
}

}  // namespace argosy::keystore
