// keystore/key_changes.cpp - see key_changes.h.
#include "keystore/key_changes.h"

#include "keys/errors.h"

namespace argosy::keystore {
namespace {

/// Whoever waits holds one of the front's workers.
constexpr std::chrono::milliseconds kPatience{200};

}  // namespace

Result<std::shared_lock<KeyChanges>> KeyChanges::begin() {
  std::shared_lock change(*this, kPatience);
  if (!change.owns_lock())
    return keys::dependency_timeout("The keys of all regions are being saved. Retry the request.");
  return change;
}

void KeyChanges::lock() {
  std::unique_lock guard(mutex_);
  ++pauses_;
  ended_.wait(guard, [this] { return changes_ == 0 && !paused_; });
  paused_ = true;
}

void KeyChanges::unlock() {
  std::lock_guard const guard(mutex_);
  --pauses_;
  paused_ = false;
  ended_.notify_all();
}

void KeyChanges::lock_shared() {
  std::unique_lock guard(mutex_);
  ended_.wait(guard, [this] { return pauses_ == 0; });
  ++changes_;
}

bool KeyChanges::try_lock_shared_for(std::chrono::milliseconds limit) {
  std::unique_lock guard(mutex_);
  if (!ended_.wait_for(guard, limit, [this] { return pauses_ == 0; })) return false;
  ++changes_;
  return true;
}

void KeyChanges::unlock_shared() {
  std::lock_guard const guard(mutex_);
  --changes_;
  ended_.notify_all();
}

}  // namespace argosy::keystore
