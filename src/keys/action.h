// keys/action.h - what can be asked of a key, and what holds for each of these actions. Source: ec2-semantics
// F3, F4.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace argosy::keys {

enum class Action : std::uint8_t {
  cancel_key_deletion,
  create_alias,
  create_grant,
  create_key,
  decrypt,
  delete_alias,
  describe_key,
  disable_key,
  disable_key_rotation,
  enable_key,
  enable_key_rotation,
  encrypt,
  generate_data_key,
  generate_data_key_without_plaintext,
  get_key_policy,
  get_key_rotation_status,
  list_grants,
  list_key_policies,
  list_key_rotations,
  list_resource_tags,
  put_key_policy,
  re_encrypt_from,
  re_encrypt_to,
  replicate_key,
  retire_grant,
  revoke_grant,
  rotate_key_on_demand,
  schedule_key_deletion,
  tag_resource,
  untag_resource,
  update_alias,
  update_key_description,
  update_primary_region,
};

/// The states of a key in which an action is possible.
enum class StateRule : std::uint8_t {
  any,              ///< whatever its state
  enabled,          ///< only while it is enabled, or Updating
  enabled_settled,  ///< only while it is enabled and not Updating
  not_pending,      ///< unless it waits for its deletion
  settled,          ///< unless it waits for its deletion or is Updating
  pending,          ///< only while it waits for its deletion
};

/// The name without its prefix, as policies and grants write it: "Decrypt" for kms:Decrypt.
std::string_view to_text(Action action);
std::optional<Action> parse_action(std::string_view name);

StateRule state_rule(Action action);
/// Whether a policy or a grant can allow it to another account than the key's.
bool is_open_to_other_accounts(Action action);
/// Whether a grant on a symmetric key can give it.
bool is_grantable(Action action);
/// Whether it comes with an encryption context, so that a grant's constraints apply.
bool takes_context(Action action);

}  // namespace argosy::keys
