// kms/rotation.cpp - see rotation.h.
#include "kms/rotation.h"

#include <charconv>

#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::MaterialOrigin;
using catalogue::MaterialVersion;
using catalogue::Transaction;
using keys::Action;
using keys::Key;
using keystore::Names;
using keystore::Vault;

/// Whose rotation is its own.
Result<Key> find_rotatable(Transaction& tx, Vault const& vault, access::Caller const& caller, Action action,
                           std::string const& name) {
  auto key = TRY(keystore::find_key(tx, vault.region, name, {caller, action}, Names::no_aliases));
  if (key.scope == keys::KeyScope::replica)
    return keys::unsupported("A replica is rotated with its primary key, in " + key.primary_region);
  return key;
}

Result<void> set_rotation(Transaction& tx, Key key, int days, Time now) {
  TRY(keystore::save_shared(tx, keys::set_rotation(std::move(key), days, now), now));
  return {};
}

m::RotationsListEntry to_shape(Key const& key, MaterialVersion const& version) {
  m::RotationsListEntry out;
  out.key_id = key.arn();
  out.key_material_id = version.material_id;
  out.key_material_state = version.version == key.current_version  ? "CURRENT"
                           : version.version < key.current_version ? "NON_CURRENT"
                                                                   : "PENDING_ROTATION";
  if (version.origin == MaterialOrigin::creation) return out;
  out.rotation_date = version.created;
  out.rotation_type = version.origin == MaterialOrigin::automatic ? "AUTOMATIC" : "ON_DEMAND";
  return out;
}

/// Behind which version the page begins.
Result<std::uint32_t> to_version(std::string const& after, std::uint32_t first) {
  if (after.empty()) return first;
  std::uint32_t version = 0;
  auto const [end, error] = std::from_chars(after.data(), after.data() + after.size(), version);
  if (error != std::errc{} || end != after.data() + after.size()) return keys::invalid_marker();
  return version;
}

}  // namespace

Result<void> enable_key_rotation(Transaction& tx, Vault const& vault, access::Caller const& caller, Time now,
                                 m::EnableKeyRotationRequest const& request) {
  auto const days = request.rotation_period_in_days.value_or(keys::kDefaultRotationDays);
  if (days < keys::kMinRotationDays || days > keys::kMaxRotationDays)
    return keys::invalid_value("RotationPeriodInDays is 90 to 2560");
  auto key = TRY(find_rotatable(tx, vault, caller, Action::enable_key_rotation, request.key_id));
  return set_rotation(tx, std::move(key), days, now);
}

Result<void> disable_key_rotation(Transaction& tx, Vault const& vault, access::Caller const& caller, Time now,
                                  m::DisableKeyRotationRequest const& request) {
  auto key = TRY(find_rotatable(tx, vault, caller, Action::disable_key_rotation, request.key_id));
  return set_rotation(tx, std::move(key), 0, now);
}

Result<m::GetKeyRotationStatusResponse> get_key_rotation_status(
    Transaction& tx, Vault const& vault, access::Caller const& caller,
    m::GetKeyRotationStatusRequest const& request) {
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id,
                                          {caller, Action::get_key_rotation_status}, Names::no_aliases));
  m::GetKeyRotationStatusResponse out;
  out.key_id = key.arn();
  // Source: AWS KMS API reference, "GetKeyRotationStatus": false while it waits for its deletion.
  out.key_rotation_enabled = key.rotation_days > 0 && !keys::is_pending_deletion(key.state);
  if (out.key_rotation_enabled) {
    out.rotation_period_in_days = key.rotation_days;
    out.next_rotation_date = key.next_rotation;
  }
  auto const pending = TRY(catalogue::list_materials(tx, key.id, key.current_version, 1));
  if (!pending.empty() && pending.front().origin == MaterialOrigin::on_demand)
    out.on_demand_rotation_start_date = pending.front().created;
  return out;
}

Result<m::RotateKeyOnDemandResponse> rotate_key_on_demand(Transaction& tx, Vault const& vault,
                                                          access::Caller const& caller, Time now,
                                                          m::RotateKeyOnDemandRequest const& request) {
  auto key = TRY(find_rotatable(tx, vault, caller, Action::rotate_key_on_demand, request.key_id));
  bool const rotating = TRY(keystore::is_rotating(tx, key));
  if (rotating)
    return fail(Fault::conflict, "ConflictException", "A rotation of " + key.arn() + " is in progress");
  auto const have = TRY(catalogue::count_on_demand_rotations(tx, key.id));
  if (have >= keys::kMaxOnDemandRotations)
    return keys::limit_exceeded("A key can be rotated on demand 25 times");
  auto const rotated = TRY(keystore::rotate(tx, vault, std::move(key), MaterialOrigin::on_demand, now));
  return m::RotateKeyOnDemandResponse{rotated.arn()};
}

Result<m::ListKeyRotationsResponse> list_key_rotations(Transaction& tx, Vault const& vault,
                                                       access::Caller const& caller,
                                                       m::ListKeyRotationsRequest const& request) {
  auto const which = request.include_key_material.value_or("ROTATIONS_ONLY");
  if (which != "ROTATIONS_ONLY" && which != "ALL_KEY_MATERIAL")
    return keys::invalid_value("IncludeKeyMaterial is ROTATIONS_ONLY or ALL_KEY_MATERIAL");
  auto const page = TRY(to_page(request.limit, request.marker));
  auto const after = TRY(to_version(page.after, which == "ROTATIONS_ONLY" ? 1U : 0U));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id,
                                          {caller, Action::list_key_rotations}, Names::no_aliases));
  auto found = TRY(catalogue::list_materials(tx, key.id, after, page.limit + 1));
  m::ListKeyRotationsResponse out;
  out.next_marker =
      cut(found, page, [](MaterialVersion const& version) { return std::to_string(version.version); });
  out.truncated = out.next_marker.has_value();
  for (auto const& version : found) out.rotations.push_back(to_shape(key, version));
  return out;
}

}  // namespace argosy::kms
