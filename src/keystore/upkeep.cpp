// keystore/upkeep.cpp - see upkeep.h.
#include "keystore/upkeep.h"

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "catalogue/aliases.h"
#include "catalogue/grants.h"
#include "keystore/primary_region.h"
#include "sql/in_transaction.h"

namespace argosy::keystore {
namespace {

using catalogue::Transaction;
using keys::Key;
using keys::KeyState;
using sql::in_transaction;

/// Keys that one transaction looks at.
constexpr std::size_t kBatch = 100;
/// How late a deletion or a rotation may be.
constexpr auto kInterval = std::chrono::minutes(1);
constexpr std::size_t kMaxTags = 50;
/// Between two steps of a process that runs the clock goes on by less: what it leaps further it may take
/// back.
constexpr auto kMaxLeap = std::chrono::minutes(10);
/// No key is deleted before the clock has gone on evenly for so long since it was first seen or leapt.
constexpr auto kProof = std::chrono::minutes(10);

Result<bool> trusts_clock(Transaction& tx, Time now) {
  auto run = TRY(catalogue::find_clock_run(tx));
  bool const is_new = !run;
  if (is_new) run = catalogue::ClockRun{now, now};
  bool const leapt = now < run->seen || now > run->seen + kMaxLeap;
  if (leapt) run->since = now;
  if (is_new || leapt || now >= run->seen + kInterval) TRY(catalogue::save_clock_run(tx, {run->since, now}));
  return now >= run->since + kProof;
}

Result<void> delete_key(Transaction& tx, Key key, Time now) {
  log_info("key {} is deleted: its waiting period has ended", key.arn());
  TRY(catalogue::remove_materials(tx, key.id));
  TRY(catalogue::remove_aliases_of(tx, key.id));
  TRY(catalogue::remove_grants_of(tx, key.id));
  TRY(catalogue::save_replicas(tx, key.id, {}, true, now));
  auto const tags = TRY(catalogue::list_key_tags(tx, key.id, "", kMaxTags));
  for (auto const& [name, value] : tags) TRY(catalogue::remove_key_tag(tx, key.id, name));
  return catalogue::save_key(tx, keys::end(std::move(key), now));
}

/// What was due when it was listed may have been cancelled since. Returns the key as it was.
Result<std::optional<Key>> act(Transaction& tx, Vault const& vault, std::string const& id, bool may_delete,
                               Time now) {
  auto key = TRY(catalogue::find_key(tx, id));
  if (!key) return std::nullopt;
  if (may_delete && key->state == KeyState::pending_deletion && key->deletion && *key->deletion <= now) {
    TRY(delete_key(tx, *key, now));
    return key;
  }
  bool const renews = key->state == KeyState::enabled && key->next_rotation && *key->next_rotation <= now;
  if (!renews) return std::nullopt;
  bool const rotating = TRY(is_rotating(tx, *key));
  if (!rotating) TRY(rotate(tx, vault, *key, catalogue::MaterialOrigin::automatic, now));
  return key;
}

/// Its primary need not wait for it any more, unless it was made anew meanwhile. A process that dies before
/// this leaves it on the primary's list until something changes that all share: a rotation, a deletion.
Result<void> tell_primary(Catalogues const& catalogues, Vault const& vault, Key const& replica, Time now) {
  if (catalogues(replica.primary_region) == nullptr) return {};
  return bring_in_step(catalogues, {replica.primary_region, vault.master_keys, vault.entropy}, replica.id,
                       now);
}

Result<void> do_what_is_due(Catalogues const& catalogues, Vault const& vault, std::string const& id,
                            bool may_delete, Time now) {
  auto const was = TRY(in_transaction(*catalogues(vault.region), sql::Access::write,
                                      [&](Transaction& tx) { return act(tx, vault, id, may_delete, now); }));
  bool const deleted = was && was->state == KeyState::pending_deletion;
  if (deleted && was->scope == keys::KeyScope::replica) return tell_primary(catalogues, vault, *was, now);
  return {};
}

/// A primary key's own waiting period begins when its last replica is gone.
Result<void> look_after_primary(Catalogues const& catalogues, Vault const& vault, std::string const& id,
                                Time now) {
  TRY(bring_in_step(catalogues, vault, id, now));
  return in_transaction(*catalogues(vault.region), sql::Access::write, [&](Transaction& tx) -> Result<void> {
    auto key = TRY(catalogue::find_key(tx, id));
    auto const replicas = TRY(catalogue::list_replicas(tx, id));
    if (!key || key->state != KeyState::pending_replica_deletion || !replicas.empty()) return {};
    auto const days = key->window_days;
    return catalogue::save_key(tx, keys::schedule_deletion(*std::move(key), days, false, now));
  });
}

/// Keys that could not be looked after in a step: each of them waits alone, whatever it waits for.
class Failures {
 public:
  void note(std::string_view key, Result<void> const& done) {
    if (done) return;
    if (count_++ == 0) first_ = std::string(key) + ": " + done.error().message;
  }
  void log(std::string_view region) const {
    if (count_ > 0) log_error("{}: {} keys wait; the first one is {}", region, count_, first_);
  }

 private:
  std::size_t count_ = 0;
  std::string first_;
};

/// `list`: ids in order behind the one it is given, at most kBatch.
template <class List, class Function>
Result<void> for_each_key(sql::Pool& here, Failures& failures, List const& list, Function const& look_after) {
  for (std::string after;;) {
    auto const ids =
        TRY(in_transaction(here, sql::Access::read, [&](Transaction& tx) { return list(tx, after); }));
    for (auto const& id : ids) failures.note(id, look_after(id));
    if (ids.size() < kBatch) return {};
    after = ids.back();
  }
}

/// Unless it was deleted.
Result<std::optional<Shared>> read_in(sql::Pool& pool, Vault const& vault, std::string const& id) {
  return in_transaction(pool, sql::Access::read, [&](Transaction& tx) -> Result<std::optional<Shared>> {
    auto const key = TRY(catalogue::find_key(tx, id));
    if (!key || key->state == KeyState::deleted) return std::nullopt;
    return std::optional(TRY(read_shared(tx, vault, *key)));
  });
}

/// In the primary key's region.
Result<std::optional<Key>> find_primary(Transaction& tx, std::string const& id) {
  auto key = TRY(catalogue::find_key(tx, id));
  bool const is_it = key && key->scope == keys::KeyScope::primary && key->state != KeyState::deleted;
  return is_it ? std::move(key) : std::nullopt;
}

/// In the primary key's region. Not if both have the same, nor if it is known that the replica lags.
Result<bool> is_of_another_moment(Transaction& tx, Shared const& replica) {
  auto const& theirs = replica.key;
  auto const key = TRY(find_primary(tx, theirs.id));
  if (!key) return false;
  auto const have = TRY(catalogue::list_materials(tx, key->id, 0, replica.materials.size() + 1));
  auto const is_known = [&](Material const& material) {
    return std::ranges::find(have, material.version.material_id, &catalogue::MaterialVersion::material_id) !=
           have.end();
  };
  if (!std::ranges::all_of(replica.materials, is_known)) return true;
  auto const replicas = TRY(catalogue::list_replicas(tx, key->id));
  if (std::ranges::find(replicas, theirs.region) == replicas.end()) return true;
  auto const lagging = TRY(catalogue::find_lagging_since(tx, key->id, theirs.region));
  bool const same = have.size() == replica.materials.size() && theirs.revision == key->revision &&
                    theirs.current_version == key->current_version;
  return !same && !(lagging && theirs.revision < key->revision);
}

/// In the primary key's region.
Result<void> take_over(Transaction& tx, Vault const& vault, Shared const& replica, Time now) {
  auto const& theirs = replica.key;
  auto key = TRY(find_primary(tx, theirs.id));
  if (!key) return {};
  log_warning("key {}: the replica in {} is of another moment", key->arn(), theirs.region);
  TRY(insert_missing(tx, vault, replica));
  key->revision = std::max(key->revision, theirs.revision);
  TRY(catalogue::save_replica(tx, key->id, theirs.region, false, now));
  TRY(save_shared(tx, *std::move(key), now));
  return {};
}

/// Writes only where something differs: a start is not to cost a commit for each replica that exists.
Result<void> compare_with_primary(Catalogues const& catalogues, Vault const& vault, std::string const& id,
                                  Time now) {
  auto const replica = TRY(read_in(*catalogues(vault.region), vault, id));
  bool const is_one = replica && replica->key.scope == keys::KeyScope::replica;
  auto* there = is_one ? catalogues(replica->key.primary_region) : nullptr;
  if (there == nullptr) return {};
  bool const differs = TRY(in_transaction(
      *there, sql::Access::read, [&](Transaction& tx) { return is_of_another_moment(tx, *replica); }));
  if (!differs) return {};
  return in_transaction(*there, sql::Access::write,
                        [&](Transaction& tx) { return take_over(tx, vault, *replica, now); });
}

/// Of two primary keys the later one stays; in both regions the same is found.
bool is_later(Key const& one, Key const& other) {
  return std::tie(one.revision, one.region) > std::tie(other.revision, other.region);
}

/// The key in `region` becomes a replica of the primary one in `vault.region`.
Result<void> make_replica(Catalogues const& catalogues, Vault const& vault, Shared const& primary,
                          std::string const& region, Time now) {
  log_warning("key {}: that in {} did not follow it, and does from now on", primary.key.arn(), region);
  TRY(update_replica(*catalogues(region), vault, primary, now));
  return compare_with_primary(catalogues, {region, vault.master_keys, vault.entropy}, primary.key.id, now);
}

/// False if `primary`, in `vault.region`, is no primary key any more.
Result<bool> settle_with(Catalogues const& catalogues, Vault const& vault, Shared const& primary,
                         std::string const& region, Time now) {
  auto* there = catalogues(region);
  if (there == nullptr) return true;
  Vault const their_vault{region, vault.master_keys, vault.entropy};
  auto const theirs = TRY(read_in(*there, their_vault, primary.key.id));
  if (!theirs || theirs->key.primary_region == vault.region) return true;
  if (is_later(primary.key, theirs->key)) {
    TRY(make_replica(catalogues, vault, primary, region, now));
    return true;
  }
  if (theirs->key.scope != keys::KeyScope::primary) return true;
  TRY(make_replica(catalogues, their_vault, *theirs, vault.region, now));
  return false;
}

/// A region that is restored from before UpdatePrimaryRegion has the primary key, too, or a replica of the
/// former one.
Result<void> settle_primary(Catalogues const& catalogues, Vault const& vault, std::string const& id,
                            Time now) {
  auto const primary = TRY(read_in(*catalogues(vault.region), vault, id));
  if (!primary || primary->key.scope != keys::KeyScope::primary) return {};
  for (auto const& region : primary->replicas) {
    bool const stays = TRY(settle_with(catalogues, vault, *primary, region, now));
    if (!stays) return {};
  }
  return {};
}

Result<void> bring_lagging_in_step(Catalogues const& catalogues, Vault const& vault, Failures& failures,
                                   Time now) {
  for (catalogue::LaggingReplica after;;) {
    auto const lagging =
        TRY(in_transaction(*catalogues(vault.region), sql::Access::read, [&](Transaction& tx) {
          return catalogue::list_lagging_replicas(tx, after, kBatch);
        }));
    for (auto const& replica : lagging)
      failures.note(replica.key, bring_in_step(catalogues, vault, replica.key, now));
    if (lagging.size() < kBatch) return {};
    after = lagging.back();
  }
}

}  // namespace

Result<void> compare_with_primaries(Catalogues const& catalogues, Vault const& vault, Time now) {
  Failures failures;
  TRY(for_each_key(
      *catalogues(vault.region), failures,
      [](Transaction& tx, std::string const& after) {
        return catalogue::list_primary_keys(tx, after, kBatch);
      },
      [&](std::string const& id) { return settle_primary(catalogues, vault, id, now); }));
  TRY(for_each_key(
      *catalogues(vault.region), failures,
      [](Transaction& tx, std::string const& after) {
        return catalogue::list_replica_keys(tx, after, kBatch);
      },
      [&](std::string const& id) { return compare_with_primary(catalogues, vault, id, now); }));
  failures.log(vault.region);
  return {};
}

Result<Time> step_keys(Catalogues const& catalogues, Vault const& vault, Time now) {
  auto& here = *catalogues(vault.region);
  Failures failures;
  bool const may_delete =
      TRY(in_transaction(here, sql::Access::write, [&](Transaction& tx) { return trusts_clock(tx, now); }));
  TRY(for_each_key(
      here, failures,
      [&](Transaction& tx, std::string const& after) {
        return catalogue::list_keys_due(tx, now, after, kBatch);
      },
      [&](std::string const& id) { return do_what_is_due(catalogues, vault, id, may_delete, now); }));
  // What a crash left between two steps.
  TRY(for_each_key(
      here, failures,
      [&](Transaction& tx, std::string const& after) {
        return catalogue::list_updating_keys(tx, after, kBatch);
      },
      [&](std::string const& id) { return end_update(catalogues, vault, id, now); }));
  TRY(for_each_key(
      here, failures,
      [&](Transaction& tx, std::string const& after) {
        return catalogue::list_waiting_primaries(tx, after, kBatch);
      },
      [&](std::string const& id) { return look_after_primary(catalogues, vault, id, now); }));
  TRY(bring_lagging_in_step(catalogues, vault, failures, now));
  failures.log(vault.region);
  return now + kInterval;
}

}  // namespace argosy::keystore
