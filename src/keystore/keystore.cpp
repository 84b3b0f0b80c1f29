// keystore/keystore.cpp - see keystore.h.
#include "keystore/keystore.h"

#include "base/assert.h"
#include "catalogue/aliases.h"
#include "catalogue/grants.h"
#include "keys/errors.h"

namespace argosy::keystore {
namespace {

using catalogue::Transaction;
using keys::Action;
using keys::Identifier;
using keys::Key;

std::unexpected<Error> refused(keys::Request const& request, std::string_view resource, bool own) {
  return keys::access_denied("User: " + request.caller.arn + " is not authorized to perform: kms:" +
                             std::string(keys::to_text(request.action)) +
                             " on resource: " + std::string(resource) + " because " +
                             (own ? "" : "it does not exist in this region, or ") +
                             "neither the key's policy nor a grant allows it");
}

/// Of a ciphertext whose key the caller cannot name, and may not know of.
std::unexpected<Error> ciphertext_refused() {
  return keys::access_denied(
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or "
      "you are not allowed to access.");
}

Result<bool> is_allowed(Transaction& tx, Key const& key, keys::Request const& request) {
  auto const policy = keys::parse_policy(key.policy);
  if (!policy) return fail(Fault::corrupt, key.arn() + " has a policy that cannot be read");
  auto const most = static_cast<std::size_t>(keys::kMaxGrantsOfGrantee);
  auto grants = TRY(catalogue::list_grants(tx, key.id, request.caller.arn, "", most));
  if (auto const root = keys::root_arn(request.caller.account); root != request.caller.arn) {
    auto more = TRY(catalogue::list_grants(tx, key.id, root, "", most));
    grants.insert(grants.end(), more.begin(), more.end());
  }
  return keys::is_allowed(request, key, *policy, grants);
}

/// The key behind an identifier in that account; nothing if there is none, or only a deleted one of another
/// account.
Result<std::optional<Key>> look_up(Transaction& tx, Identifier const& identifier, std::string const& account,
                                   access::Caller const& caller) {
  auto id = identifier.name;
  if (identifier.kind == Identifier::Kind::alias) {
    auto const alias = TRY(catalogue::find_alias(tx, account, identifier.name));
    if (!alias) return std::nullopt;
    id = alias->key;
  }
  auto key = TRY(catalogue::find_key(tx, id));
  if (!key || key->account != account) return std::nullopt;
  if (key->state == keys::KeyState::deleted && caller.account != account) return std::nullopt;
  return key;
}

std::unexpected<Error> not_found(std::string_view region, std::string const& account,
                                 Identifier const& identifier) {
  if (identifier.kind == Identifier::Kind::alias)
    return keys::not_found("Alias " + keys::alias_arn(region, account, identifier.name) + " is not found.");
  return keys::not_found("Key '" + keys::key_arn(region, account, identifier.name) + "' does not exist");
}

/// Says `resource` when it refuses, whatever the key's own name is.
Result<void> judge(Transaction& tx, Key const& key, keys::Request const& request, std::string_view resource) {
  bool const own = key.account == request.caller.account;
  if (own && key.state == keys::KeyState::deleted) return keys::key_deleted(key);
  bool const allowed = TRY(is_allowed(tx, key, request));
  if (!allowed) return refused(request, resource, own);
  return keys::check_state(key, request.action);
}

Result<Encrypted> seal(Transaction& tx, Vault const& vault, Key key, keys::EncryptionContext const& context,
                       ByteView plain) {
  auto const material = TRY(catalogue::find_material(tx, vault.master_keys, key.id, key.current_version));
  if (!material) return fail(Fault::corrupt, key.arn() + " has lost its material");
  auto blob = keys::encrypt(*material, {key.id, key.current_version}, context, plain, vault.entropy);
  return Encrypted{std::move(key), keys::material_id(*material), std::move(blob)};
}

}  // namespace

Result<Key> find_key(Transaction& tx, std::string_view region, std::string_view name,
                     keys::Request const& request, Names names) {
  auto const identifier = TRY(keys::parse_identifier(name));
  if (names == Names::no_aliases && identifier.kind == Identifier::Kind::alias)
    return keys::not_found("Invalid keyId '" + std::string(name) +
                           "': this operation takes a key's id or ARN, no alias");
  if (!identifier.region.empty() && identifier.region != region)
    return keys::not_found("Invalid arn " + identifier.region);
  auto const& account = identifier.account.empty() ? request.caller.account : identifier.account;
  bool const own = account == request.caller.account;
  auto key = TRY(look_up(tx, identifier, account, request.caller));
  if (!key) return own ? not_found(region, account, identifier) : refused(request, name, false);
  TRY(judge(tx, *key, request, own ? std::string_view(key->arn()) : name));
  return *std::move(key);
}

Result<Encrypted> encrypt(Transaction& tx, Vault const& vault, std::string_view name,
                          keys::Request const& request, ByteView plain) {
  ARGOSY_ASSERT(keys::takes_context(request.action));
  TRY(keys::check_context(request.context));
  auto key = TRY(find_key(tx, vault.region, name, request));
  return seal(tx, vault, std::move(key), request.context, plain);
}

Result<DataKey> generate_data_key(Transaction& tx, Vault const& vault, std::string_view name,
                                  keys::Request const& request, std::size_t size_bytes) {
  DataKey out{Bytes(size_bytes), {}};
  vault.entropy.fill(out.plain);
  out.encrypted = TRY(encrypt(tx, vault, name, request, out.plain));
  return out;
}

Result<Key> find_key_of(Transaction& tx, std::string_view region, keys::Request const& request, ByteView blob,
                        std::optional<std::string> const& name) {
  auto const head = TRY(keys::read_head(blob));
  if (name) {
    auto key = TRY(find_key(tx, region, *name, request));
    if (key.id != head.key_id) return keys::incorrect_key();
    return key;
  }
  auto key = TRY(catalogue::find_key(tx, head.key_id));
  if (!key) return ciphertext_refused();
  auto judged = judge(tx, *key, request, key->arn());
  bool const own = key->account == request.caller.account;
  if (!judged && judged.error().fault == Fault::denied && !own) return ciphertext_refused();
  if (!judged && key->state == keys::KeyState::deleted && !own) return ciphertext_refused();
  if (!judged) return std::unexpected(std::move(judged).error());
  return *std::move(key);
}

Result<Decrypted> decrypt(Transaction& tx, Vault const& vault, keys::Request const& request, ByteView blob,
                          std::optional<std::string> const& name) {
  ARGOSY_ASSERT(keys::takes_context(request.action));
  auto const head = TRY(keys::read_head(blob));
  TRY(keys::check_context(request.context));
  auto key = TRY(find_key_of(tx, vault.region, request, blob, name));
  auto const material = TRY(catalogue::find_material(tx, vault.master_keys, key.id, head.material_version));
  if (!material) return keys::invalid_ciphertext();
  auto plain = TRY(keys::decrypt(*material, request.context, blob));
  return Decrypted{std::move(key), keys::material_id(*material), std::move(plain)};
}

Result<void> insert_key(Transaction& tx, Vault const& vault, Key const& key, std::int64_t limit) {
  auto const have = TRY(catalogue::count_keys(tx, key.account));
  if (key.manager == keys::KeyManager::customer && have >= limit)
    return keys::limit_exceeded(access::limit_message("KMS keys in this region", limit, "kms_keys",
                                                      "Schedule the deletion of keys that are not needed"));
  TRY(catalogue::insert_key(tx, key));
  auto const material = crypto::Key::random(vault.entropy);
  return catalogue::insert_material(
      tx, vault.master_keys, key.id,
      {key.current_version, keys::material_id(material), key.created, catalogue::MaterialOrigin::creation},
      material, vault.entropy);
}

Result<Key> managed_key(Transaction& tx, Vault const& vault, std::string_view account, Time now) {
  auto const alias = TRY(catalogue::find_alias(tx, account, keys::kEbsAlias));
  if (alias) {
    auto known = TRY(catalogue::find_key(tx, alias->key));
    if (!known) return fail(Fault::corrupt, "an alias has lost its key " + alias->key);
    return *std::move(known);
  }
  Key key;
  key.id = keys::make_key_id(vault.entropy, false);
  key.account = account;
  key.region = vault.region;
  key.description = "Default key that protects my EBS volumes when no other key is defined";
  key.policy = keys::ebs_managed_policy(account, vault.region);
  key.manager = keys::KeyManager::aws;
  key.created = now;
  key = keys::set_rotation(std::move(key), keys::kDefaultRotationDays, now);
  TRY(insert_key(tx, vault, key, 0));
  TRY(catalogue::save_alias(tx, account, {std::string(keys::kEbsAlias), key.id, now, now}));
  return key;
}

}  // namespace argosy::keystore
