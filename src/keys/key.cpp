// keys/key.cpp - see key.h.
#include "keys/key.h"

#include "keys/errors.h"
#include "keys/identifier.h"

namespace argosy::keys {

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
  bool const pending =
      key.state == KeyState::pending_deletion || key.state == KeyState::pending_replica_deletion;
  auto const rule = state_rule(action);
  if (rule == StateRule::any) return {};
  if (rule == StateRule::pending)
    return pending ? Result<void>{} : invalid_state(key.arn() + " is not pending deletion.");
  if (key.state == KeyState::pending_replica_deletion)
    return invalid_state(key.arn() + " is pending replica deletion.");
  if (pending) return invalid_state(key.arn() + " is pending deletion.");
  if (rule == StateRule::enabled && key.state == KeyState::disabled) return disabled(key.arn());
  return {};
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

}  // namespace argosy::keys
