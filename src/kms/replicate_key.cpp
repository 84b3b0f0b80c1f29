// kms/replicate_key.cpp - see replicate_key.h.
#include "kms/replicate_key.h"

#include "kms/shapes.h"
#include "sql/in_transaction.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keys::Key;
using sql::in_transaction;

Key replica_of(Key const& primary, std::string const& region, Time now) {
  Key out;
  out.id = primary.id;
  out.account = primary.account;
  out.region = region;
  out.scope = keys::KeyScope::replica;
  out.primary_region = primary.region;
  out.created = now;
  return out;
}

}  // namespace

Result<m::ReplicateKeyResponse> replicate_key(keystore::Catalogues const& catalogues,
                                              keystore::KeyChanges& key_changes, keystore::Vault const& vault,
                                              access::Caller const& caller, Time now,
                                              m::ReplicateKeyRequest const& request) {
  auto const description = request.description.value_or("");
  TRY(check_description(description));
  auto const tags = TRY(to_tags(request.tags));
  auto const primary = TRY(in_transaction(*catalogues(vault.region), sql::Access::read, [&](Transaction& tx) {
    return keystore::find_key(tx, vault.region, request.key_id, {caller, keys::Action::replicate_key},
                              keystore::Names::no_aliases);
  }));
  TRY(keys::check_primary(primary));
  if (request.replica_region == vault.region)
    return keys::already_exists("The primary key is in " + vault.region + " already");
  auto replica = replica_of(primary, request.replica_region, now);
  replica.description = description;
  replica.policy =
      TRY(to_policy(request.policy, caller, replica, request.bypass_policy_lockout_safety_check));
  auto const change = TRY(key_changes.begin());
  TRY(keystore::replicate(catalogues, vault, replica, tags, caller.limits.kms_keys, now));
  m::ReplicateKeyResponse out;
  out.replica_key_metadata = TRY(in_transaction(*catalogues(request.replica_region), sql::Access::read,
                                                [&](Transaction& tx) -> Result<m::KeyMetadata> {
                                                  auto const made = TRY(catalogue::find_key(tx, replica.id));
                                                  return to_metadata(tx, made.value_or(replica));
                                                }));
  out.replica_policy = replica.policy;
  out.replica_tags = to_shapes(tags);
  return out;
}

}  // namespace argosy::kms
