// keys/key.h - a KMS key: what it is, its states, and which changes are allowed. Source: ec2-semantics F2,
// F3.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "keys/action.h"

namespace argosy::keys {

enum class KeyState {
  enabled,
  disabled,
  pending_deletion,
  pending_replica_deletion,  ///< a primary key whose replicas must go first
  updating,                  ///< it was the primary key, and another has not taken over yet; it can be used
  deleted,                   ///< its material is gone; its name stays, so that it can be said
};
enum class KeyManager { customer, aws };
enum class KeyScope { single_region, primary, replica };

/// Whatever it waits for first.
bool is_pending_deletion(KeyState state);
/// How KeyMetadata writes them: "PendingDeletion".
std::string_view to_text(KeyState state);
std::string_view to_text(KeyManager manager);

/// How long a key waits for its deletion, in days.
inline constexpr int kMinWindowDays = 7;
inline constexpr int kMaxWindowDays = 30;
/// How often a key's material is renewed by itself, in days.
inline constexpr int kMinRotationDays = 90;
inline constexpr int kDefaultRotationDays = 365;
inline constexpr int kMaxRotationDays = 2'560;
/// Rotations that can be asked for, over a key's whole life. Source: AWS KMS quotas.
inline constexpr std::int64_t kMaxOnDemandRotations = 25;
/// In characters. Source: AWS KMS API reference, "CreateKey".
inline constexpr std::size_t kMaxDescriptionBytes = 8'192;

struct Key {
  std::string id;
  std::string account;  ///< 12 digits
  std::string region;   ///< in which this key, or this replica of it, is
  std::string description{};
  std::string policy{};  ///< the document as it was given
  KeyState state = KeyState::enabled;
  KeyManager manager = KeyManager::customer;
  KeyScope scope = KeyScope::single_region;
  std::string primary_region{};  ///< of a multi-Region key; else empty
  std::int64_t revision = 0;     ///< of what all keys of a multi-Region key share; a replica's may lag behind
  Time created{};
  std::optional<Time> deletion{};  ///< while it is pending, and of a deleted key when that was
  int window_days = 0;             ///< while it is pending
  int rotation_days = 0;           ///< 0: it is not rotated by itself
  std::optional<Time> next_rotation{};
  std::uint32_t current_version = 1;  ///< of the material that encrypts

  std::string arn() const;
};

/// Whether that can be done with a key in its state. Fails with DisabledException, KMSInvalidStateException;
/// a deleted key is NotFoundException.
Result<void> check_state(Key const& key, Action action);
/// Fails with UnsupportedOperationException unless it is the primary key of a multi-Region key.
Result<void> check_primary(Key const& key);
/// The failure for a key that was deleted: NotFoundException, and when.
std::unexpected<Error> key_deleted(Key const& key);

/// Changes of state; `check_state` has been asked. The caller stores the result.
Key schedule_deletion(Key key, int window_days, bool has_replicas, Time now);
/// Leaves the key disabled.
Key cancel_deletion(Key key);
/// The material is removed beside it.
Key end(Key key, Time now);
/// With 0 days no more.
Key set_rotation(Key key, int period_days, Time now);

/// A primary key becomes a replica of the one in `region`, and is Updating until that has taken over.
Key step_down(Key primary, std::string_view region);
/// A replica becomes the primary key, with what all share as `former` had it. Its own deletion, if that is
/// pending, waits for the other replicas from now on.
Key take_over(Key replica, Key const& former);
/// Ends what `step_down` began: as a replica, or, if the other one is gone, as the primary key again.
Key end_update(Key former, bool was_taken_over);

}  // namespace argosy::keys
