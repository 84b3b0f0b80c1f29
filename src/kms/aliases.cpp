// kms/aliases.cpp - see aliases.h.
#include "kms/aliases.h"

#include "catalogue/aliases.h"
#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Alias;
using catalogue::Transaction;
using keys::Action;
using keystore::Names;
using keystore::Vault;

constexpr std::size_t kAliasesByDefault = 50;

/// The caller's own alias, if its key lets him do that with it.
Result<Alias> find_own(Transaction& tx, Vault const& vault, access::Caller const& caller, Action action,
                       std::string const& name) {
  TRY(keys::check_alias_name(name));
  auto const alias = TRY(catalogue::find_alias(tx, caller.account, name));
  if (!alias)
    return keys::not_found("Alias " + keys::alias_arn(vault.region, caller.account, name) + " is not found.");
  TRY(keystore::find_key(tx, vault.region, alias->key, {caller, action}));
  return *alias;
}

Result<void> check_limit(Transaction& tx, access::Caller const& caller, std::string const& key) {
  auto const have = TRY(catalogue::count_aliases(tx, key));
  auto const most = caller.limits.key_aliases;
  if (have >= most)
    return keys::limit_exceeded(
        access::limit_message("aliases of one KMS key", most, "key_aliases", "Delete aliases of it"));
  return {};
}

}  // namespace

Result<void> create_alias(Transaction& tx, Vault const& vault, access::Caller const& caller, Time now,
                          m::CreateAliasRequest const& request) {
  TRY(keys::check_alias_name(request.alias_name));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.target_key_id,
                                          {caller, Action::create_alias}, Names::no_aliases));
  auto const known = TRY(catalogue::find_alias(tx, caller.account, request.alias_name));
  if (known)
    return keys::already_exists("An alias with the name " +
                                keys::alias_arn(vault.region, caller.account, request.alias_name) +
                                " already exists");
  TRY(check_limit(tx, caller, key.id));
  return catalogue::save_alias(tx, caller.account, {request.alias_name, key.id, now, now});
}

Result<void> update_alias(Transaction& tx, Vault const& vault, access::Caller const& caller, Time now,
                          m::UpdateAliasRequest const& request) {
  auto alias = TRY(find_own(tx, vault, caller, Action::update_alias, request.alias_name));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.target_key_id,
                                          {caller, Action::update_alias}, Names::no_aliases));
  // A key that waits for its deletion can lose its aliases, and gets none.
  TRY(keys::check_state(key, Action::create_alias));
  if (alias.key != key.id) TRY(check_limit(tx, caller, key.id));
  alias.key = key.id;
  alias.updated = now;
  return catalogue::save_alias(tx, caller.account, alias);
}

Result<void> delete_alias(Transaction& tx, Vault const& vault, access::Caller const& caller,
                          m::DeleteAliasRequest const& request) {
  auto const alias = TRY(find_own(tx, vault, caller, Action::delete_alias, request.alias_name));
  return catalogue::remove_alias(tx, caller.account, alias.name);
}

Result<m::ListAliasesResponse> list_aliases(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                            m::ListAliasesRequest const& request) {
  auto const page = TRY(to_page(request.limit, request.marker, kAliasesByDefault));
  std::string key;
  if (request.key_id)
    key = TRY(keystore::find_key(tx, vault.region, *request.key_id, {caller, Action::describe_key},
                                 Names::no_aliases))
              .id;
  auto found = TRY(catalogue::list_aliases(tx, caller.account, key, page.after, page.limit + 1));
  m::ListAliasesResponse out;
  out.next_marker = cut(found, page, [](Alias const& alias) { return alias.name; });
  out.truncated = out.next_marker.has_value();
  for (auto const& alias : found)
    out.aliases.push_back({alias.name, keys::alias_arn(vault.region, caller.account, alias.name), alias.key,
                           alias.created, alias.updated});
  return out;
}

}  // namespace argosy::kms
