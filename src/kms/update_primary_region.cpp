// kms/update_primary_region.cpp - see update_primary_region.h.
#include "kms/update_primary_region.h"

#include <algorithm>

#include "keystore/primary_region.h"
#include "kms/shapes.h"
#include "sql/in_transaction.h"

namespace argosy::kms {
namespace {

using catalogue::Transaction;
using keys::Key;
using sql::in_transaction;

constexpr auto kAction = keys::Action::update_primary_region;

/// The primary key that the caller names, if its replica in that region can take over.
Result<Key> find_primary(Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
                         messages::kms::UpdatePrimaryRegionRequest const& request) {
  auto primary = TRY(
      keystore::find_key(tx, vault.region, request.key_id, {caller, kAction}, keystore::Names::no_aliases));
  TRY(keys::check_primary(primary));
  if (request.primary_region == vault.region)
    return keys::unsupported(vault.region + " is the primary Region of " + primary.arn() + " already");
  auto const replicas = TRY(catalogue::list_replicas(tx, primary.id));
  if (std::ranges::find(replicas, request.primary_region) == replicas.end())
    return keys::not_found("Key '" + keys::key_arn(request.primary_region, primary.account, primary.id) +
                           "' does not exist");
  return primary;
}

}  // namespace

Result<void> update_primary_region(keystore::Catalogues const& catalogues, keystore::KeyChanges& key_changes,
                                   keystore::Vault const& vault, access::Caller const& caller, Time now,
                                   messages::kms::UpdatePrimaryRegionRequest const& request) {
  auto* here = catalogues(vault.region);
  auto const primary = TRY(in_transaction(
      *here, sql::Access::read, [&](Transaction& tx) { return find_primary(tx, vault, caller, request); }));
  auto* there = catalogues(request.primary_region);
  if (there == nullptr)
    return keys::unsupported("The region " + request.primary_region + " is not served by this process");
  auto const successor =
      TRY(in_transaction(*there, sql::Access::read, [&](Transaction& tx) -> Result<keystore::Shared> {
        auto const key = TRY(keystore::find_key(tx, request.primary_region, primary.id, {caller, kAction},
                                                keystore::Names::no_aliases));
        return keystore::read_shared(tx, {request.primary_region, vault.master_keys, vault.entropy}, key);
      }));
  auto const change = TRY(key_changes.begin());
  TRY(in_transaction(*here, sql::Access::write, [&](Transaction& tx) -> Result<void> {
    auto const still = TRY(find_primary(tx, vault, caller, request));
    return keystore::step_down(tx, still, successor);
  }));
  return keystore::end_update(catalogues, vault, primary.id, now);
}

}  // namespace argosy::kms
