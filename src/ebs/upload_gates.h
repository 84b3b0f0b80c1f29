// ebs/upload_gates.h - keeps CompleteSnapshot and the puts of the same upload apart: a block is journalled
// before it is counted, or refused before it is journalled. Knows the machine's run, by which lost blocks are
// told.
#pragma once
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace argosy::ebs {

/// Any thread. One for each region: uploads are written by one process.
class UploadGates {
 public:
  /// `boot`: as base/boot.h tells it.
  explicit UploadGates(std::string boot) : boot_(std::move(boot)) {}
  std::string const& boot() const { return boot_; }
  /// Puts hold it shared, CompleteSnapshot alone. Shared ownership: it goes with the last call that holds it.
  std::shared_ptr<std::shared_mutex> of(std::string const& upload) {
    std::lock_guard lock(mutex_);
    if (gates_.size() >= kSweepSize)
      std::erase_if(gates_, [](auto const& entry) { return entry.second.expired(); });
    auto& known = gates_[upload];
    auto gate = known.lock();
    if (!gate) known = gate = std::make_shared<std::shared_mutex>();
    return gate;
  }

 private:
  /// More uploads than an account may have under way.
  static constexpr std::size_t kSweepSize = 1'024;
  std::string const boot_;
  std::mutex mutex_;  // guards gates_
  std::unordered_map<std::string, std::weak_ptr<std::shared_mutex>> gates_;
};

}  // namespace argosy::ebs
