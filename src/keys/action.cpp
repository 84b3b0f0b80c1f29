// keys/action.cpp - see action.h: the table.
#include "keys/action.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace argosy::keys {
namespace {

enum class Reach : std::uint8_t { own_account, every_account };
enum class Granting : std::uint8_t { never, possible };
enum class Context : std::uint8_t { absent, present };

struct Row {
  Action action;
  std::string_view name;
  StateRule state;
  Reach reach;
  Granting granting;
  Context context;
};

using enum Action;
using enum Reach;
using enum Granting;
using enum Context;
using enum StateRule;

constexpr std::array<Row, 33> kRows{{
    {cancel_key_deletion, "CancelKeyDeletion", pending, own_account, never, absent},
    {create_alias, "CreateAlias", not_pending, own_account, never, absent},
    {create_grant, "CreateGrant", enabled, every_account, possible, absent},
    {create_key, "CreateKey", any, own_account, never, absent},
    {decrypt, "Decrypt", enabled, every_account, possible, present},
    {delete_alias, "DeleteAlias", any, own_account, never, absent},
    {describe_key, "DescribeKey", any, every_account, possible, absent},
    {disable_key, "DisableKey", settled, own_account, never, absent},
    {disable_key_rotation, "DisableKeyRotation", enabled, own_account, never, absent},
    {enable_key, "EnableKey", settled, own_account, never, absent},
    {enable_key_rotation, "EnableKeyRotation", enabled, own_account, never, absent},
    {encrypt, "Encrypt", enabled, every_account, possible, present},
    {generate_data_key, "GenerateDataKey", enabled, every_account, possible, present},
    {generate_data_key_without_plaintext, "GenerateDataKeyWithoutPlaintext", enabled, every_account, possible,
     present},
    {get_key_policy, "GetKeyPolicy", any, own_account, never, absent},
    {get_key_rotation_status, "GetKeyRotationStatus", any, every_account, never, absent},
    {list_grants, "ListGrants", any, every_account, never, absent},
    {list_key_policies, "ListKeyPolicies", any, own_account, never, absent},
    {list_key_rotations, "ListKeyRotations", any, own_account, never, absent},
    {list_resource_tags, "ListResourceTags", any, own_account, never, absent},
    {put_key_policy, "PutKeyPolicy", any, own_account, never, absent},
    {re_encrypt_from, "ReEncryptFrom", enabled, every_account, possible, present},
    {re_encrypt_to, "ReEncryptTo", enabled, every_account, possible, present},
    {replicate_key, "ReplicateKey", enabled_settled, own_account, never, absent},
    {retire_grant, "RetireGrant", any, every_account, possible, absent},
    {revoke_grant, "RevokeGrant", any, every_account, never, absent},
    {rotate_key_on_demand, "RotateKeyOnDemand", enabled, own_account, never, absent},
    {schedule_key_deletion, "ScheduleKeyDeletion", settled, own_account, never, absent},
    {tag_resource, "TagResource", not_pending, own_account, never, absent},
    {untag_resource, "UntagResource", not_pending, own_account, never, absent},
    {update_alias, "UpdateAlias", any, own_account, never, absent},
    {update_key_description, "UpdateKeyDescription", not_pending, own_account, never, absent},
    {update_primary_region, "UpdatePrimaryRegion", enabled_settled, own_account, never, absent},
}};

Row const& row(Action action) {
  auto const& found = kRows[static_cast<std::size_t>(action)];
  ARGOSY_ASSERT(found.action == action);
  return found;
}

}  // namespace

std::string_view to_text(Action action) { return row(action).name; }

std::optional<Action> parse_action(std::string_view name) {
  auto const* found = std::ranges::find(kRows, name, &Row::name);
  if (found == kRows.end()) return std::nullopt;
  return found->action;
}

StateRule state_rule(Action action) { return row(action).state; }
bool is_open_to_other_accounts(Action action) { return row(action).reach == every_account; }
bool is_grantable(Action action) { return row(action).granting == possible; }
bool takes_context(Action action) { return row(action).context == present; }

}  // namespace argosy::keys
