// kms/keys.cpp - see keys.h.
#include "kms/keys.h"

#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keys::Action;
using keys::Key;
using keystore::Names;
using keystore::Vault;

Result<void> check_kind(m::CreateKeyRequest const& request) {
  auto const usage = request.key_usage.value_or("ENCRYPT_DECRYPT");
  if (request.key_spec && request.customer_master_key_spec)
    return keys::invalid_value("Give KeySpec or CustomerMasterKeySpec, not both");
  auto const spec = request.key_spec.value_or(request.customer_master_key_spec.value_or("SYMMETRIC_DEFAULT"));
  if (usage != "ENCRYPT_DECRYPT" || spec != "SYMMETRIC_DEFAULT")
    return keys::unsupported("Keys are symmetric here: KeySpec SYMMETRIC_DEFAULT, KeyUsage ENCRYPT_DECRYPT");
  if (request.origin.value_or("AWS_KMS") != "AWS_KMS" || request.custom_key_store_id || request.xks_key_id)
    return keys::unsupported("The material of keys is made here: Origin AWS_KMS, no key store");
  return {};
}

Result<void> set_state(Transaction& tx, Vault const& vault, access::Caller const& caller, Action action,
                       std::string const& name, keys::KeyState state) {
  auto key = TRY(keystore::find_key(tx, vault.region, name, {caller, action}, Names::no_aliases));
  key.state = state;
  return catalogue::save_key(tx, key);
}

}  // namespace

Result<m::CreateKeyResponse> create_key(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                        Time now, m::CreateKeyRequest const& request) {
  TRY(check_kind(request));
  auto const description = request.description.value_or("");
  TRY(check_description(description));
  auto const tags = TRY(to_tags(request.tags));
  bool const multi_region = request.multi_region.value_or(false);
  Key key;
  key.id = keys::make_key_id(vault.entropy, multi_region);
  key.account = caller.account;
  key.region = vault.region;
  key.description = description;
  key.scope = multi_region ? keys::KeyScope::primary : keys::KeyScope::single_region;
  if (multi_region) key.primary_region = vault.region;
  key.created = now;
  key.policy = TRY(to_policy(request.policy, caller, key, request.bypass_policy_lockout_safety_check));
  TRY(keystore::insert_key(tx, vault, key, caller.limits.kms_keys));
  TRY(catalogue::save_key_tags(tx, key.id, tags));
  return m::CreateKeyResponse{TRY(to_metadata(tx, key))};
}

bool may_create(m::DescribeKeyRequest const& request) { return request.key_id.ends_with(keys::kEbsAlias); }

Result<m::DescribeKeyResponse> describe_key(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                            Time now, m::DescribeKeyRequest const& request) {
  TRY(check_grant_tokens(request.grant_tokens));
  auto const own_alias = keys::alias_arn(vault.region, caller.account, keys::kEbsAlias);
  if (request.key_id == keys::kEbsAlias || request.key_id == own_alias)
    TRY(keystore::managed_key(tx, vault, caller.account, now));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::describe_key}));
  return m::DescribeKeyResponse{TRY(to_metadata(tx, key))};
}

Result<m::ListKeysResponse> list_keys(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                      m::ListKeysRequest const& request) {
  auto const page = TRY(to_page(request.limit, request.marker));
  auto ids = TRY(catalogue::list_keys(tx, caller.account, page.after, page.limit + 1));
  m::ListKeysResponse out;
  out.next_marker = cut(ids, page, [](std::string const& id) { return id; });
  out.truncated = out.next_marker.has_value();
  for (auto const& id : ids) out.keys.push_back({id, keys::key_arn(vault.region, caller.account, id)});
  return out;
}

Result<void> enable_key(Transaction& tx, Vault const& vault, access::Caller const& caller,
                        m::EnableKeyRequest const& request) {
  return set_state(tx, vault, caller, Action::enable_key, request.key_id, keys::KeyState::enabled);
}

Result<void> disable_key(Transaction& tx, Vault const& vault, access::Caller const& caller,
                         m::DisableKeyRequest const& request) {
  return set_state(tx, vault, caller, Action::disable_key, request.key_id, keys::KeyState::disabled);
}

Result<void> update_key_description(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                    m::UpdateKeyDescriptionRequest const& request) {
  TRY(check_description(request.description));
  auto key = TRY(keystore::find_key(tx, vault.region, request.key_id,
                                    {caller, Action::update_key_description}, Names::no_aliases));
  key.description = request.description;
  return catalogue::save_key(tx, key);
}

Result<m::ScheduleKeyDeletionResponse> schedule_key_deletion(Transaction& tx, Vault const& vault,
                                                             access::Caller const& caller, Time now,
                                                             m::ScheduleKeyDeletionRequest const& request) {
  auto const days = request.pending_window_in_days.value_or(keys::kMaxWindowDays);
  if (days < keys::kMinWindowDays || days > keys::kMaxWindowDays)
    return keys::invalid_value("PendingWindowInDays is 7 to 30");
  auto key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::schedule_key_deletion},
                                    Names::no_aliases));
  auto const replicas = TRY(catalogue::list_replicas(tx, key.id));
  bool const has_replicas = key.scope == keys::KeyScope::primary && !replicas.empty();
  key = keys::schedule_deletion(std::move(key), days, has_replicas, now);
  TRY(catalogue::save_key(tx, key));
  return m::ScheduleKeyDeletionResponse{key.arn(), key.deletion, std::string(keys::to_text(key.state)), days};
}

Result<m::CancelKeyDeletionResponse> cancel_key_deletion(Transaction& tx, Vault const& vault,
                                                         access::Caller const& caller,
                                                         m::CancelKeyDeletionRequest const& request) {
  auto key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::cancel_key_deletion},
                                    Names::no_aliases));
  key = keys::cancel_deletion(std::move(key));
  TRY(catalogue::save_key(tx, key));
  return m::CancelKeyDeletionResponse{key.arn()};
}

}  // namespace argosy::kms
