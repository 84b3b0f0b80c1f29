// catalogue/keys.h - KMS keys, the versions of their material wrapped under the master keys, the replicas of
// multi-Region keys, and their tags.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "keys/key.h"

namespace argosy::catalogue {

/// Nothing if there is none of that id, of whatever account; a deleted one is found.
Result<std::optional<keys::Key>> find_key(Transaction& tx, std::string_view id);
Result<void> insert_key(Transaction& tx, keys::Key const& key);
/// Everything but id, account, region, manager and creation.
Result<void> save_key(Transaction& tx, keys::Key const& key);
/// For a replica that is made where an earlier one was deleted.
Result<void> remove_key(Transaction& tx, std::string_view id);

/// Customer-managed keys that are not deleted, of one account.
Result<std::int64_t> count_keys(Transaction& tx, std::string_view account);
/// An account's keys that are not deleted, in order of id behind `after`.
Result<std::vector<std::string>> list_keys(Transaction& tx, std::string_view account, std::string_view after,
                                           std::size_t limit);
/// Keys whose waiting period has ended, or whose material is to be renewed, by `now`; in order of id behind
/// `after`.
Result<std::vector<std::string>> list_keys_due(Transaction& tx, Time now, std::string_view after,
                                               std::size_t limit);
/// How the clock was found by the steps that look after keys.
struct ClockRun {
  Time since;  ///< it has gone on evenly
  Time seen;
};
/// Nothing before the first step.
Result<std::optional<ClockRun>> find_clock_run(Transaction& tx);
Result<void> save_clock_run(Transaction& tx, ClockRun const& run);
/// Primary keys that wait until their replicas are gone; in order of id behind `after`.
Result<std::vector<std::string>> list_waiting_primaries(Transaction& tx, std::string_view after,
                                                        std::size_t limit);
/// Keys that are Updating; in order of id behind `after`.
Result<std::vector<std::string>> list_updating_keys(Transaction& tx, std::string_view after,
                                                    std::size_t limit);

/// Primary keys with replicas that are not deleted; in order of id behind `after`.
Result<std::vector<std::string>> list_primary_keys(Transaction& tx, std::string_view after,
                                                   std::size_t limit);
/// Replicas that are not deleted; in order of id behind `after`.
Result<std::vector<std::string>> list_replica_keys(Transaction& tx, std::string_view after,
                                                   std::size_t limit);

/// Why a version of the material was made.
enum class MaterialOrigin { creation, automatic, on_demand };
struct MaterialVersion {
  std::uint32_t version = 1;
  std::string material_id;
  Time created{};
  MaterialOrigin origin = MaterialOrigin::creation;
};
/// Wraps it under the master keys, bound to the key's id and the version.
Result<void> insert_material(Transaction& tx, crypto::MasterKeys const& master_keys, std::string_view key,
                             MaterialVersion const& version, crypto::Key const& material, Entropy& entropy);
/// Nothing if the key does not have it.
Result<std::optional<crypto::Key>> find_material(Transaction& tx, crypto::MasterKeys const& master_keys,
                                                 std::string_view key, std::uint32_t version);
/// In order of version, behind `after`.
Result<std::vector<MaterialVersion>> list_materials(Transaction& tx, std::string_view key,
                                                    std::uint32_t after, std::size_t limit);
Result<std::int64_t> count_on_demand_rotations(Transaction& tx, std::string_view key);
/// For good: what they encrypted cannot be read again.
Result<void> remove_materials(Transaction& tx, std::string_view key);

/// The replicas of a multi-Region key, as its primary key or a replica of it knows them: the regions, sorted.
Result<std::vector<std::string>> list_replicas(Transaction& tx, std::string_view key);
/// Says that the replica in that region lacks something of its primary, or (`in_step`) nothing.
Result<void> save_replica(Transaction& tx, std::string_view key, std::string_view region, bool in_step,
                          Time now);
Result<void> remove_replica(Transaction& tx, std::string_view key, std::string_view region);
/// All of them, instead of those that were known.
Result<void> save_replicas(Transaction& tx, std::string_view key, std::vector<std::string> const& regions,
                           bool in_step, Time now);
struct LaggingReplica {
  std::string key;
  std::string region;
  Time since{};
};
/// Those that lag longest first, behind `after`.
Result<std::vector<LaggingReplica>> list_lagging_replicas(Transaction& tx, LaggingReplica const& after,
                                                          std::size_t limit);
/// Since when a replica lags; nothing if it does not, or is none.
Result<std::optional<Time>> find_lagging_since(Transaction& tx, std::string_view key,
                                               std::string_view region);

using KeyTags = std::map<std::string, std::string>;
/// In order of name behind `after`.
Result<KeyTags> list_key_tags(Transaction& tx, std::string_view key, std::string_view after,
                              std::size_t limit);
Result<std::optional<std::string>> find_key_tag(Transaction& tx, std::string_view key, std::string_view name);
Result<std::int64_t> count_key_tags(Transaction& tx, std::string_view key);
/// Overwrites by name.
Result<void> save_key_tags(Transaction& tx, std::string_view key, KeyTags const& tags);
Result<void> remove_key_tag(Transaction& tx, std::string_view key, std::string_view name);

}  // namespace argosy::catalogue
