// keystore/key_changes.h - changes of keys that reach several regions, and the pauses in which there are
// none.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <shared_mutex>

#include "base/error.h"

namespace argosy::keystore {

/// Changes go on beside each other, each with a std::shared_lock; a pause, with a std::unique_lock, is alone.
/// A pause that waits lets no further change begin: it is not kept waiting by changes in steady overlap. So
/// nobody may begin a change within one. Any thread.
class KeyChanges {
 public:
  /// For a change that a client waits for. Fails with DependencyTimeoutException if a pause does not end
  /// soon: it may last for minutes.
  Result<std::shared_lock<KeyChanges>> begin();

  void lock();
  void unlock();
  void lock_shared();
  bool try_lock_shared_for(std::chrono::milliseconds limit);
  void unlock_shared();

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::size_t changes_ = 0;  ///< under way
  std::size_t pauses_ = 0;   ///< that last or wait
  bool paused_ = false;
};

}  // namespace argosy::keystore
