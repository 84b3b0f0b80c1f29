// machines/claims.h - volumes that are frozen now: each once, and no machine starts on one.
#pragma once
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"

namespace argosy::machines {

/// Any thread. Outlives its claims.
class Claims {
 public:
  bool has(std::string const& volume_id) const {
    std::lock_guard lock(mutex_);
    return claimed_.contains(volume_id);
  }

 private:
  friend class Claim;
  mutable std::mutex mutex_;  // guards claimed_
  std::set<std::string> claimed_;
};

/// Given back when it goes.
class Claim {
 public:
  /// Fails with `conflict` if another one holds the volume.
  static Result<Claim> take(Claims& claims, std::string const& volume_id) {
    std::lock_guard lock(claims.mutex_);
    if (!claims.claimed_.insert(volume_id).second)
      return fail(Fault::conflict, volume_id + ": an earlier snapshot of it is being read");
    return Claim(claims, volume_id);
  }
  Claim(Claim&& other) noexcept : claims_(std::exchange(other.claims_, nullptr)), id_(std::move(other.id_)) {}
  Claim& operator=(Claim&&) = delete;
  ~Claim() {
    if (claims_ == nullptr) return;
    std::lock_guard lock(claims_->mutex_);
    claims_->claimed_.erase(id_);
  }

 private:
  Claim(Claims& claims, std::string id) : claims_(&claims), id_(std::move(id)) {}
  Claims* claims_;
  std::string id_;
};

}  // namespace argosy::machines
