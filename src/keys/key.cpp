// keys/key.cpp - see key.h.
#include "keys/key.h"

#include "keys/errors.h"
#include "keys/identifier.h"

namespace argosy::keys {

bool is_pending_deletion(KeyState state) {
  return state == KeyState::pending_deletion || state == KeyState::pending_replica_deletion;
}

std::string_view to_text(KeyState state) {
  switch (state) {
    case KeyState::enabled:
      return "Enabled";
    case KeyState::disabled:
      return "Disabled";
    case KeyState::pending_deletion:
      return "PendingDeletion";
    case KeyState::pending_replica_deletion:
      return "PendingReplicaDeletion";
    case KeyState::updating:
      return "Updating";
    case KeyState::deleted:
      return "Deleted";
  }
  return {};
}

std::string_view to_text(KeyManager manager) { return manager == KeyManager::aws ? "AWS" : "CUSTOMER"; }

std::string Key::arn() const { return key_arn(region, account, id); }

std::unexpected<Error> key_deleted(Key const& key) {
  return not_found("Key '" + key.arn() + "' does not exist: it was deleted at " +
                   to_iso8601(key.deletion.value_or(Time{})));
}

Result<void> check_state(Key const& key, Action action) {
  if (key.state == KeyState::deleted) return key_deleted(key);
  bool const pending = is_pending_deletion(key.state);
  auto const rule = state_rule(action);
  if (rule == StateRule::any) return {};
  if (rule == StateRule::pending)
    return pending ? Result<void>{} : invalid_state(key.arn() + " is not pending deletion.");
  if (key.state == KeyState::pending_replica_deletion)
    return invalid_state(key.arn() + " is pending replica deletion.");
  if (pending) return invalid_state(key.arn() + " is pending deletion.");
  bool const needs_enabled = rule == StateRule::enabled || rule == StateRule::enabled_settled;
  if (needs_enabled && key.state == KeyState::disabled) return disabled(key.arn());
  bool const needs_settled = rule == StateRule::settled || rule == StateRule::enabled_settled;
  if (needs_settled && key.state == KeyState::updating) return invalid_state(key.arn() + " is updating.");
  return {};
}

Result<void> check_primary(Key const& key) {
  if (key.scope == KeyScope::primary) return {};
  return unsupported(key.arn() + " is not the primary key of a multi-Region key" +
                     (key.scope == KeyScope::replica ? ": that is in " + key.primary_region : ""));
}

Key schedule_deletion(Key key, int window_days, bool has_replicas, Time now) {
  key.state = has_replicas ? KeyState::pending_replica_deletion : KeyState::pending_deletion;
  key.window_days = window_days;
  key.deletion.reset();
  if (!has_replicas) key.deletion = now + std::chrono::days(window_days);
  return key;
}

Key cancel_deletion(Key key) {
  key.state = KeyState::disabled;
  key.deletion.reset();
  key.window_days = 0;
  return key;
}

Key end(Key key, Time now) {
  key.state = KeyState::deleted;
  key.deletion = now;
  key.window_days = 0;
  return set_rotation(std::move(key), 0, now);
}

Key set_rotation(Key key, int period_days, Time now) {
  key.rotation_days = period_days;
  key.next_rotation.reset();
  if (period_days > 0) key.next_rotation = now + std::chrono::days(period_days);
  return key;
}

Key step_down(Key primary, std::string_view region) {
  primary.scope = KeyScope::replica;
  primary.primary_region = region;
  primary.state = KeyState::updating;
  return primary;
}

Key take_over(Key replica, Key const& former) {
  replica.scope = KeyScope::primary;
  replica.primary_region = replica.region;
  replica.rotation_days = former.rotation_days;
  replica.next_rotation = former.next_rotation;
  replica.current_version = former.current_version;
  replica.revision = former.revision + 1;
  if (replica.state == KeyState::pending_deletion) {
    replica.state = KeyState::pending_replica_deletion;
    replica.deletion.reset();
  }
  return replica;
}

Key end_update(Key former, bool was_taken_over) {
  former.state = KeyState::enabled;
  if (was_taken_over) {
    former.next_rotation.reset();
  } else {
    former.scope = KeyScope::primary;
    former.primary_region = former.region;
  }
  return former;
}

}  // namespace argosy::keys
