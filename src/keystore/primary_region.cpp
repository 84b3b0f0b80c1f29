// keystore/primary_region.cpp - see primary_region.h.
#include "keystore/primary_region.h"

#include <algorithm>

#include "keys/errors.h"
#include "sql/in_transaction.h"

namespace argosy::keystore {
namespace {

using catalogue::Transaction;
using keys::Key;
using keys::KeyState;
using sql::in_transaction;

/// Nothing if the key is not Updating.
Result<std::optional<Shared>> read_former(Transaction& tx, Vault const& vault, std::string_view id) {
  auto const key = TRY(catalogue::find_key(tx, id));
  if (!key || key->state != KeyState::updating) return std::nullopt;
  return std::optional(TRY(read_shared(tx, vault, *key)));
}

std::vector<std::string> replicas_after(Shared const& former) {
  auto out = former.replicas;
  std::ranges::replace(out, former.key.primary_region, former.key.region);
  return out;
}

/// Of one with a later revision than the former primary key has: it may be anything since, but none that is
/// still that one's replica.
bool has_taken_over(Key const& replica, Key const& former) {
  return replica.scope == keys::KeyScope::primary || replica.primary_region != former.region;
}

/// False if there is no replica (any more) that could.
Result<bool> take_over(sql::Pool& there, Vault const& vault, Shared const& former, Time now) {
  return in_transaction(there, sql::Access::write, [&](Transaction& tx) -> Result<bool> {
    auto const replica = TRY(catalogue::find_key(tx, former.key.id));
    if (!replica) return false;
    if (replica->revision > former.key.revision) return has_taken_over(*replica, former.key);
    if (replica->state == KeyState::deleted) return false;
    auto const conflict = TRY(find_conflict(tx, former));
    if (conflict) return false;
    TRY(insert_missing(tx, vault, former));
    TRY(catalogue::save_replicas(tx, replica->id, replicas_after(former), false, now));
    TRY(catalogue::save_key(tx, keys::take_over(*replica, former.key)));
    return true;
  });
}

}  // namespace

Result<void> step_down(Transaction& tx, Key const& primary, Shared const& successor) {
  auto const conflict = TRY(find_conflict(tx, successor));
  if (conflict || successor.key.revision > primary.revision)
    return keys::invalid_state(successor.key.arn() + " is not in step with " + primary.arn() +
                               ": their regions were restored from different moments.");
  return catalogue::save_key(tx, keys::step_down(primary, successor.key.region));
}

Result<void> end_update(Catalogues const& catalogues, Vault const& vault, std::string_view key, Time now) {
  auto* here = catalogues(vault.region);
  auto const former = TRY(
      in_transaction(*here, sql::Access::read, [&](Transaction& tx) { return read_former(tx, vault, key); }));
  if (!former) return {};
  auto const& region = former->key.primary_region;
  auto* there = catalogues(region);
  if (there == nullptr)
    return fail(Fault::unavailable, "the region " + region + " of the new primary key is not here");
  bool const was_taken_over = TRY(take_over(*there, vault, *former, now));
  TRY(in_transaction(*here, sql::Access::write, [&](Transaction& tx) -> Result<void> {
    auto const found = TRY(catalogue::find_key(tx, key));
    // The new primary key may have told it already, and it may even be the next to step down.
    bool const is_still =
        found && found->state == KeyState::updating && found->revision == former->key.revision;
    if (!is_still) return {};
    return catalogue::save_key(tx, keys::end_update(*found, was_taken_over));
  }));
  bring_in_step_or_later(
      catalogues, {was_taken_over ? region : vault.region, vault.master_keys, vault.entropy}, key, now);
  return {};
}

}  // namespace argosy::keystore
