// keystore/rotation.cpp - see rotation.h.
#include "keystore/rotation.h"

#include <algorithm>

#include "keys/errors.h"
#include "keystore/in_transaction.h"

namespace argosy::keystore {
namespace {

using catalogue::Transaction;
using keys::Key;

/// More versions than a key can have: one each 90 days and those on demand, for some hundred years.
constexpr std::size_t kMaxVersions = 1'000;
/// A replica that was recorded and did not come into being within this has failed.
constexpr Duration kBirthTime = std::chrono::minutes(10);

struct Material {
  catalogue::MaterialVersion version;
  crypto::Key key;
};
/// A primary key as it stands, with everything that its replicas must have.
struct Primary {
  Key key;
  std::vector<Material> materials;
  std::vector<std::string> replicas;

  bool rotates() const { return materials.back().version.version > key.current_version; }
};

/// Nothing if there is no such key any more.
Result<std::optional<Primary>> read_primary(Transaction& tx, Vault const& vault, std::string_view id) {
  auto key = TRY(catalogue::find_key(tx, id));
  if (!key || key->state == keys::KeyState::deleted) return std::nullopt;
  Primary out{*std::move(key), {}, TRY(catalogue::list_replicas(tx, id))};
  auto const versions = TRY(catalogue::list_materials(tx, id, 0, kMaxVersions));
  for (auto const& version : versions) {
    auto const material = TRY(catalogue::find_material(tx, vault.master_keys, id, version.version));
    out.materials.push_back({version, *material});
  }
  if (out.materials.empty()) return fail(Fault::corrupt, out.key.arn() + " has lost its material");
  return std::optional(std::move(out));
}

Result<void> insert_missing(Transaction& tx, Vault const& vault, Primary const& primary) {
  auto const have = TRY(catalogue::list_materials(tx, primary.key.id, 0, kMaxVersions));
  for (auto const& material : primary.materials)
    if (std::ranges::find(have, material.version.version, &catalogue::MaterialVersion::version) == have.end())
      TRY(catalogue::insert_material(tx, vault.master_keys, primary.key.id, material.version, material.key,
                                     vault.entropy));
  return {};
}

/// False if there is no replica of it there.
Result<bool> update_replica(sql::Pool& there, Vault const& vault, Primary const& primary) {
  return in_transaction(there, sql::Access::write, [&](Transaction& tx) -> Result<bool> {
    auto replica = TRY(catalogue::find_key(tx, primary.key.id));
    if (!replica || replica->state == keys::KeyState::deleted) return false;
    TRY(insert_missing(tx, vault, primary));
    replica->current_version = primary.key.current_version;
    replica->rotation_days = primary.key.rotation_days;
    TRY(catalogue::save_key(tx, *replica));
    return true;
  });
}

/// A replica that is gone is no longer one; one that was just recorded may still be coming.
Result<void> forget_if_gone(sql::Pool& here, std::string const& key, std::string const& region, Time now) {
  return in_transaction(here, sql::Access::write, [&](Transaction& tx) -> Result<void> {
    auto const lagging = TRY(catalogue::list_lagging_replicas(tx, kMaxVersions));
    bool const may_come = std::ranges::any_of(lagging, [&](auto const& replica) {
      return replica.key == key && replica.region == region && replica.since > now - kBirthTime;
    });
    return may_come ? Result<void>{} : catalogue::remove_replica(tx, key, region);
  });
}

/// The newest material encrypts from now on; or, if it does already, the replicas are in step. False if
/// something changed since `seen` was read.
Result<bool> advance(Transaction& tx, Primary const& seen, std::vector<std::string> const& updated,
                     Time now) {
  auto key = TRY(catalogue::find_key(tx, seen.key.id));
  auto const newer =
      TRY(catalogue::list_materials(tx, seen.key.id, seen.materials.back().version.version, 1));
  if (!key || key->current_version != seen.key.current_version || !newer.empty()) return false;
  if (seen.rotates()) {
    key->current_version = seen.materials.back().version.version;
    TRY(catalogue::save_key(tx, *key));
    return false;
  }
  for (auto const& region : updated) TRY(catalogue::save_replica(tx, key->id, region, true, now));
  return true;
}

}  // namespace

Result<Key> rotate(Transaction& tx, Vault const& vault, Key key, catalogue::MaterialOrigin origin, Time now) {
  auto const material = crypto::Key::random(vault.entropy);
  auto const version = key.current_version + 1;
  TRY(catalogue::insert_material(tx, vault.master_keys, key.id,
                                 {version, keys::material_id(material), now, origin}, material,
                                 vault.entropy));
  auto const replicas = TRY(catalogue::list_replicas(tx, key.id));
  for (auto const& region : replicas) TRY(catalogue::save_replica(tx, key.id, region, false, now));
  if (replicas.empty()) key.current_version = version;
  if (origin == catalogue::MaterialOrigin::automatic)
    key = keys::set_rotation(std::move(key), key.rotation_days, now);
  TRY(catalogue::save_key(tx, key));
  return key;
}

Result<bool> is_rotating(Transaction& tx, Key const& key) {
  auto const newer = TRY(catalogue::list_materials(tx, key.id, key.current_version, 1));
  return !newer.empty();
}

Result<void> bring_in_step(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now) {
  auto* here = catalogues(vault.region);
  // The first round brings a new material everywhere, the second that it is the current one; a third follows
  // on a rotation meanwhile, and what comes later is left to the next call.
  for (int round = 0; round < 3; ++round) {
    auto const primary = TRY(in_transaction(*here, sql::Access::read,
                                            [&](Transaction& tx) { return read_primary(tx, vault, key); }));
    if (!primary) return {};
    std::vector<std::string> updated;
    for (auto const& region : primary->replicas) {
      auto* there = catalogues(region);
      if (there == nullptr)
        return fail(Fault::unavailable, "the region " + region + " of a replica is not here");
      bool const known = TRY(update_replica(*there, vault, *primary));
      if (known) {
        updated.push_back(region);
      } else {
        TRY(forget_if_gone(*here, primary->key.id, region, now));
      }
    }
    bool const done = TRY(in_transaction(
        *here, sql::Access::write, [&](Transaction& tx) { return advance(tx, *primary, updated, now); }));
    if (done) return {};
  }
  return {};
}

Result<void> replicate(Catalogues const& catalogues, Vault const& vault, Key const& replica,
                       catalogue::KeyTags const& tags, std::int64_t limit, Time now) {
  auto* here = catalogues(vault.region);
  auto* there = catalogues(replica.region);
  if (there == nullptr)
    return keys::unsupported("The region " + replica.region +
                             " is not served by this process: the material of keys never leaves it");
  auto const primary =
      TRY(in_transaction(*here, sql::Access::write, [&](Transaction& tx) -> Result<std::optional<Primary>> {
        TRY(catalogue::save_replica(tx, replica.id, replica.region, false, now));
        return read_primary(tx, vault, replica.id);
      }));
  if (!primary) return keys::not_found("Key '" + replica.arn() + "' does not exist");
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
    born.current_version = primary->key.current_version;
    TRY(catalogue::insert_key(tx, born));
    TRY(insert_missing(tx, vault, *primary));
    return catalogue::save_key_tags(tx, born.id, tags);
  });
  if (!made && made.error().fault == Fault::limit)
    TRY(in_transaction(*here, sql::Access::write, [&](Transaction& tx) {
      return catalogue::remove_replica(tx, replica.id, replica.region);
    }));
  if (!made) return made;
  return bring_in_step(catalogues, vault, replica.id, now);
}

}  // namespace argosy::keystore
