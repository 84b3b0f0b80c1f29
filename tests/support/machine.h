// tests/support/machine.h - a machine with a simulated disk and one region on it, whose process is killed or
// whose power goes.
#pragma once
#include <memory>
#include <random>
#include <string>

#include "support/uploads.h"

namespace argosy::tests {

class Machine {
 public:
  explicit Machine(std::string region) : region_name_(std::move(region)) { start(); }

  Region& region() { return *region_; }
  Disk& disk() { return disk_; }
  Uploads uploads() { return {*region_, *gates_}; }

  /// Small packs, so that many are sealed.
  void use_packs_of(std::uint64_t bytes) { pack_bytes_ = bytes; }

  void kill() {
    disk_.kill();
    start();
  }
  void lose_power(Leaves leaves, std::mt19937& random) {
    disk_.lose_power(leaves, random);
    ++boot_;
    start();
  }
  /// As the process does when it is told to stop; then the machine is started anew.
  void stop() {
    EXPECT_TRUE(ebs::settle_uploads(region_->catalogue, *region_->content, *gates_));
    now_ = region_->clock.now();
    region_ = nullptr;
    std::mt19937 unused;
    lose_power(Leaves::nothing, unused);
  }

 private:
  void start() {
    if (region_) now_ = region_->clock.now();
    region_ = nullptr;
    region_ = std::make_unique<Region>(region_name_, disk_, ++starts_);
    region_->store_options.pack_bytes = pack_bytes_;
    region_->clock.advance(now_ - region_->clock.now());
    gates_ = std::make_unique<ebs::UploadGates>("boot " + std::to_string(boot_));
    auto opened = region_->open();
    ASSERT_TRUE(opened) << opened.error().message;
  }

  Disk disk_;
  std::string const region_name_;
  std::uint64_t pack_bytes_ = store::StoreOptions{}.pack_bytes;
  unsigned starts_ = 0;
  int boot_ = 1;
  Time now_ = ManualClock{}.now();
  std::unique_ptr<ebs::UploadGates> gates_;
  std::unique_ptr<Region> region_;
};

}  // namespace argosy::tests
