#include "launcher/launcher.h"

#include <gtest/gtest.h>

#include "catalogue/instances.h"
#include "catalogue/roots.h"
#include "catalogue/volumes.h"
#include "ec2/change_instances.h"
#include "ec2/run_instances.h"
#include "support/machines.h"

namespace argosy::launcher {
namespace {

using instances::InstanceState;

constexpr ec2::HostRoom kRoom{{100, 100, 100'000}, {}};

class LauncherTest : public testing::Test {
 protected:
  void run(messages::ec2::RunInstancesRequest more = {}) {
    more.image_id = image_.id;
    more.instance_type = "t3.nano";
    more.min_count = more.max_count = 1;
    auto const started = region_.run([&](catalogue::Transaction& tx) {
      return ec2::run_instances(tx, tests::kOwner, region_.clock.now(), *region_.entropy, region_.keys, kRoom,
                                more);
    });
    ASSERT_TRUE(started) << started.error().message;
    id_ = *started->instances_set.front().instance_id;
  }
  void step() { ASSERT_TRUE(machines_.launcher.step()); }
  Launcher next_process() {
    return {region_.catalogue,
            region_.keys,
            driver_,
            machines_.issuer,
            {[](std::string const&) -> Result<std::string> { return "socket"; }, [](std::string const&) {}},
            region_.clock,
            *region_.entropy};
  }
  void stop(bool force = false) {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return ec2::stop_instances(tx, tests::kOwner, region_.clock.now(), {{id_}, {}, {}, false, force});
    }));
  }
  void start() {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return ec2::start_instances(tx, tests::kOwner, region_.clock.now(), kRoom, {{id_}, {}, false});
    }));
  }
  void reboot() {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return ec2::reboot_instances(tx, tests::kOwner, {{id_}, false});
    }));
  }
  void terminate() {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return ec2::terminate_instances(tx, tests::kOwner, region_.clock.now(), {{id_}, {}, {}, false});
    }));
  }
  std::optional<instances::Instance> find() {
    return *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_instance(tx, id_); });
  }
  InstanceState state() { return find()->state; }
  std::vector<instances::Volume> volumes() {
    return *region_.run(
        [&](catalogue::Transaction& tx) { return catalogue::list_attached_volumes(tx, id_, "/dev/sda1"); });
  }

  tests::Region region_{"us-east-1"};
  tests::Machines machines_{region_};
  tests::PretendedDriver& driver_ = machines_.driver;
  images::Snapshot snapshot_ = region_.make_snapshot(tests::kOwner.account, {{5, tests::block(5)}});
  images::Image image_ = region_.make_image(tests::kOwner.account, "image", snapshot_.id);
  std::string id_;
};

TEST_F(LauncherTest, starts_what_is_pending_with_a_session_for_its_base) {
  run();
  EXPECT_EQ(state(), InstanceState::pending);
  step();
  EXPECT_EQ(state(), InstanceState::running);
  auto const& machine = driver_.started.at(id_);
  ASSERT_EQ(machine.disks.size(), 1U);
  EXPECT_NE(machine.disks[0].session.find(snapshot_.id), std::string::npos);
  EXPECT_EQ(machine.disks[0].size_bytes, std::int64_t{1} << 30U);
  EXPECT_TRUE(machine.disks[0].secret.empty());
  EXPECT_EQ(machine.vcpus, 2);
  EXPECT_EQ(machine.memory_mib, 512);
  EXPECT_EQ(machine.loopback_address, find()->address);
}

TEST_F(LauncherTest, terminates_what_cannot_be_started_and_says_why) {
  driver_.fails = Error{Fault::unavailable, "", "qemu is not installed"};
  run();
  auto const volume = volumes().front().id;
  step();
  EXPECT_EQ(state(), InstanceState::terminated);
  EXPECT_EQ(find()->state_reason_code, "Server.InternalError");
  EXPECT_NE(find()->state_reason.find("qemu is not installed"), std::string::npos);
  EXPECT_TRUE(driver_.removed.contains(id_)) << "nobody would look for what it leaves on the host";
  step();
  EXPECT_TRUE(driver_.removed_volumes.contains(volume));
}

TEST_F(LauncherTest, waits_while_a_frozen_disk_is_read) {
  driver_.fails = Error{Fault::conflict, "", "a frozen disk is being read"};
  run();
  step();
  EXPECT_EQ(state(), InstanceState::pending);
  driver_.fails.reset();
  step();
  EXPECT_EQ(state(), InstanceState::running);
}

TEST_F(LauncherTest, asks_a_guest_to_shut_down_before_it_stops_the_machine) {
  run();
  step();
  driver_.deaf.insert(id_);
  stop();
  step();
  step();
  EXPECT_EQ(state(), InstanceState::stopping);
  EXPECT_EQ(driver_.pressed[id_], 1);
  region_.clock.advance(kShutdownPatience);
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
  EXPECT_EQ(find()->state_reason_code, "Client.UserInitiatedShutdown");
}

TEST_F(LauncherTest, asks_a_guest_again_that_could_not_be_told) {
  run();
  step();
  driver_.press_fails = Error{Fault::unavailable, "", "QEMU does not answer"};
  stop();
  step();
  EXPECT_EQ(state(), InstanceState::stopping);
  region_.clock.advance(kShutdownPatience - Duration(1));
  driver_.press_fails.reset();
  driver_.deaf.insert(id_);
  step();
  EXPECT_EQ(driver_.pressed[id_], 1);
  region_.clock.advance(kShutdownPatience - Duration(1));
  step();
  EXPECT_EQ(state(), InstanceState::stopping);
  region_.clock.advance(Duration(1));
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
}

TEST_F(LauncherTest, switches_off_a_guest_that_never_could_be_told) {
  run();
  step();
  driver_.press_fails = Error{Fault::unavailable, "", "QEMU does not answer"};
  stop();
  step();
  region_.clock.advance(kShutdownPatience);
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
}

TEST_F(LauncherTest, asks_no_guest_when_its_owner_is_in_a_hurry) {
  run();
  step();
  stop(true);
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
  EXPECT_EQ(driver_.pressed[id_], 0);
}

TEST_F(LauncherTest, starts_again_what_was_stopped_with_a_new_session) {
  run();
  step();
  auto const volume = volumes().front();
  stop(true);
  step();
  EXPECT_TRUE(volumes().front().session.empty());
  start();
  step();
  EXPECT_EQ(state(), InstanceState::running);
  EXPECT_EQ(volumes().front().id, volume.id);
  EXPECT_FALSE(volumes().front().session.empty());
}

TEST_F(LauncherTest, says_which_volumes_have_run_and_cannot_begin_anew) {
  driver_.fails = Error{Fault::conflict, "", "a frozen disk is being read"};
  run();
  step();
  EXPECT_EQ(volumes().front().overlay, instances::Overlay::possible);
  driver_.fails.reset();
  step();
  EXPECT_FALSE(driver_.started.at(id_).disks[0].was_used);
  EXPECT_EQ(volumes().front().overlay, instances::Overlay::there);
  stop(true);
  step();
  start();
  step();
  EXPECT_TRUE(driver_.started.at(id_).disks[0].was_used);
}

TEST_F(LauncherTest, knows_that_a_machine_has_run_that_was_stopped_while_it_started) {
  run();
  driver_.while_it_starts = [&] { stop(true); };
  step();
  driver_.while_it_starts = {};
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
  EXPECT_EQ(volumes().front().overlay, instances::Overlay::there);
}

TEST_F(LauncherTest, asks_the_guest_again_after_a_stop_that_did_not) {
  run();
  step();
  stop(true);
  step();
  stop(true);  // it is stopped already
  start();
  step();
  driver_.deaf.insert(id_);
  stop();
  step();
  EXPECT_EQ(state(), InstanceState::stopping);
  EXPECT_EQ(driver_.pressed[id_], 1);
}

TEST_F(LauncherTest, counts_the_load_of_those_that_run_with_what_serves_them) {
  constexpr auto kEach = 512 + instances::kMachineOverheadMib + instances::kDiskOverheadMib;
  auto const load = [&] {
    return *region_.run([](catalogue::Transaction& tx) { return catalogue::count_load(tx); });
  };
  run();
  run();
  EXPECT_EQ(load().machines, 2);
  EXPECT_EQ(load().vcpus, 4);
  EXPECT_EQ(load().memory_mib, 2 * kEach);
  step();
  stop(true);
  step();
  EXPECT_EQ(load().machines, 1);
  EXPECT_EQ(load().memory_mib, kEach);
}

TEST_F(LauncherTest, tells_a_guest_that_shut_down_from_a_machine_that_died) {
  run();
  step();
  driver_.end(id_, "");
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
  EXPECT_EQ(find()->state_reason_code, "Client.InstanceInitiatedShutdown");
  start();
  step();
  driver_.end(id_, "killed by signal 9");
  step();
  EXPECT_EQ(state(), InstanceState::stopped);
  EXPECT_EQ(find()->state_reason_code, "Server.InternalError");
  EXPECT_NE(find()->state_reason.find("killed by signal 9"), std::string::npos);
}

TEST_F(LauncherTest, terminates_on_shutdown_where_that_was_asked_for) {
  messages::ec2::RunInstancesRequest request;
  request.instance_initiated_shutdown_behavior = "terminate";
  run(request);
  step();
  driver_.end(id_, "");
  step();
  step();
  EXPECT_EQ(state(), InstanceState::terminated);
}

TEST_F(LauncherTest, asks_a_guest_once_for_each_reboot) {
  run();
  step();
  for (int reboots = 1; reboots <= 2; ++reboots) {
    reboot();
    for (int i = 0; i < 3; ++i) step();
    EXPECT_EQ(driver_.reboots[id_], reboots);
  }
  EXPECT_EQ(driver_.resets[id_], 0);
  EXPECT_EQ(state(), InstanceState::running);
}

TEST_F(LauncherTest, asks_a_guest_once_although_the_process_dies_then) {
  run();
  step();
  reboot();
  step();
  driver_.deaf.insert(id_);
  auto again = next_process();
  ASSERT_TRUE(again.step());
  region_.clock.advance(kShutdownPatience);
  ASSERT_TRUE(again.step());
  EXPECT_EQ(driver_.reboots[id_], 1);
  EXPECT_EQ(driver_.resets[id_], 0);
}

TEST_F(LauncherTest, asks_no_guest_to_reboot_before_that_is_recorded) {
  run();
  step();
  reboot();
  auto const tended = driver_.tended[id_];
  region_.set_writable(false);
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(driver_.reboots[id_], 0) << "after a kill nobody would know that it was asked";
  region_.set_writable(true);
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(driver_.reboots[id_], 1);
  EXPECT_EQ(driver_.tended[id_], tended + 6) << "its disks are looked after meanwhile";
}

TEST_F(LauncherTest, resets_no_guest_that_booted_again_while_no_process_ran) {
  for (bool const recorded : {true, false}) {
    run();
    step();
    driver_.deaf.insert(id_);
    reboot();
    region_.set_writable(recorded);
    step();
    region_.set_writable(true);
    driver_.off.insert(id_);
    auto const asked = driver_.reboots[id_];
    auto again = next_process();
    ASSERT_TRUE(again.step());
    region_.clock.advance(kShutdownPatience);
    ASSERT_TRUE(again.step());
    EXPECT_EQ(driver_.reboots[id_], asked) << recorded;
    EXPECT_EQ(driver_.resets[id_], 1) << recorded << ": when it was found off";
    EXPECT_FALSE(find()->reboot_wanted) << recorded;
  }
}

TEST_F(LauncherTest, resets_no_machine_as_long_as_that_cannot_be_recorded) {
  run();
  step();
  driver_.deaf.insert(id_);
  reboot();
  region_.set_writable(false);
  step();
  region_.clock.advance(kShutdownPatience);
  step();
  EXPECT_EQ(driver_.resets[id_], 0);
  region_.set_writable(true);
  step();
  EXPECT_EQ(driver_.reboots[id_], 1);
  region_.clock.advance(kShutdownPatience - Duration(1));
  step();
  EXPECT_EQ(driver_.resets[id_], 0) << "its time begins when it is asked";
  region_.clock.advance(Duration(1));
  step();
  step();
  EXPECT_EQ(driver_.resets[id_], 1);
}

TEST_F(LauncherTest, resets_a_machine_whose_guest_does_not_reboot) {
  run();
  step();
  driver_.deaf.insert(id_);
  reboot();
  step();
  step();
  EXPECT_EQ(driver_.resets[id_], 0);
  region_.clock.advance(kShutdownPatience);
  step();
  step();
  EXPECT_EQ(driver_.resets[id_], 1);
  EXPECT_EQ(driver_.reboots[id_], 1);
}

TEST_F(LauncherTest, gives_a_guest_that_reboots_its_time_when_it_shall_stop) {
  run();
  step();
  driver_.deaf.insert(id_);
  reboot();
  step();
  region_.clock.advance(kShutdownPatience);
  stop();
  step();
  EXPECT_EQ(driver_.pressed[id_], 1);
  EXPECT_EQ(state(), InstanceState::stopping);
}

TEST_F(LauncherTest, leaves_a_guest_off_that_was_to_reboot_when_it_shall_stop_by_now) {
  run();
  step();
  driver_.deaf.insert(id_);
  reboot();
  step();
  driver_.off.insert(id_);
  stop();
  step();
  EXPECT_EQ(driver_.resets[id_], 0);
  EXPECT_EQ(state(), InstanceState::stopped);
}

TEST_F(LauncherTest, renews_a_session_before_it_ends) {
  run();
  step();
  auto const volume = volumes().front().id;
  auto const first = driver_.sessions[volume];
  step();
  EXPECT_EQ(driver_.sessions[volume], first);
  region_.clock.advance(std::chrono::minutes(31));
  step();
  EXPECT_NE(driver_.sessions[volume], first);
}

TEST_F(LauncherTest, renews_a_session_while_a_machine_cannot_be_reset) {
  run();
  step();
  auto const volume = volumes().front().id;
  auto const first = driver_.sessions[volume];
  driver_.deaf.insert(id_);
  driver_.reset_fails = Error{Fault::unavailable, "", "QEMU does not answer"};
  reboot();
  step();
  auto const tended = driver_.tended[id_];
  region_.clock.advance(kShutdownPatience);
  step();
  region_.clock.advance(std::chrono::minutes(31));
  step();
  EXPECT_NE(driver_.sessions[volume], first) << "its disks are waited for";
  EXPECT_EQ(driver_.tended[id_], tended) << "a machine that was reset in part would go on";
}

TEST_F(LauncherTest, gives_sessions_anew_after_a_start_of_the_process) {
  run();
  step();
  auto const volume = volumes().front().id;
  auto const first = driver_.sessions[volume];
  auto again = next_process();
  ASSERT_TRUE(again.step());
  EXPECT_NE(driver_.sessions[volume], first);
  EXPECT_EQ(state(), InstanceState::running);
}

TEST_F(LauncherTest, gives_sessions_anew_however_long_no_process_was_there) {
  run();
  step();
  auto const volume = volumes().front().id;
  auto const first = driver_.sessions[volume];
  region_.clock.advance(std::chrono::hours(26));
  step();
  EXPECT_NE(driver_.sessions[volume], first);
}

TEST_F(LauncherTest, renews_every_session_whatever_becomes_of_one) {
  messages::ec2::RunInstancesRequest request;
  auto& mapping = request.block_device_mapping.emplace_back();
  mapping.device_name = "/dev/sdf";
  mapping.ebs.emplace().snapshot_id = snapshot_.id;
  run(request);
  step();
  auto const both = volumes();
  ASSERT_EQ(both.size(), 2U);
  for (auto const& failing : both) {
    auto const before = driver_.sessions;
    driver_.not_renewed = failing.id;
    region_.clock.advance(std::chrono::minutes(31));
    step();
    for (auto const& volume : both)
      EXPECT_EQ(driver_.sessions[volume.id] == before.at(volume.id), volume.id == failing.id);
    driver_.not_renewed.clear();
    region_.clock.advance(std::chrono::minutes(2));
    step();
    EXPECT_NE(driver_.sessions[failing.id], before.at(failing.id));
  }
}

TEST_F(LauncherTest, forgets_a_terminated_machine_and_its_volumes_and_later_its_row) {
  run();
  step();
  auto const volume = volumes().front().id;
  terminate();
  step();
  EXPECT_EQ(state(), InstanceState::terminated);
  step();
  EXPECT_TRUE(driver_.removed_volumes.contains(volume));
  region_.clock.advance(instances::kShownAfterTermination + Duration(1));
  step();
  EXPECT_FALSE(find());
}

TEST_F(LauncherTest, lets_nothing_wait_for_a_deleted_volume_that_is_still_read) {
  run();
  step();
  auto const volume = volumes().front().id;
  terminate();
  step();
  driver_.being_read.insert(volume);
  run();
  step();
  EXPECT_EQ(state(), InstanceState::running);
  EXPECT_FALSE(driver_.removed_volumes.contains(volume));
  driver_.being_read.clear();
  step();
  EXPECT_TRUE(driver_.removed_volumes.contains(volume));
}

TEST_F(LauncherTest, removes_a_deleted_volume_however_many_are_still_read) {
  auto const remove = [&](std::string const& id) {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) { return catalogue::remove_volume(tx, id); }));
  };
  for (int i = 100; i < 300; ++i) {
    auto const id = "vol-" + std::to_string(i);
    driver_.being_read.insert(id);
    remove(id);
  }
  remove("vol-999");
  step();
  EXPECT_TRUE(driver_.removed_volumes.contains("vol-999"));
  driver_.being_read.clear();
  auto const next = machines_.launcher.step();
  ASSERT_TRUE(next);
  EXPECT_LT(*next, region_.clock.now() + std::chrono::seconds(1))
      << "as many as it takes at once are not all";
  step();
  EXPECT_EQ(driver_.removed_volumes.size(), 201U);
}

TEST_F(LauncherTest, makes_a_volume_ready_however_many_wait_for_the_start_of_their_machine) {
  instances::Volume volume;
  volume.account = tests::kOwner.account;
  auto const insert = [&](std::string id, std::string instance) {
    volume.id = std::move(id);
    volume.instance_id = std::move(instance);
    ASSERT_TRUE(
        region_.run([&](catalogue::Transaction& tx) { return catalogue::insert_volume(tx, volume); }));
  };
  for (int i = 100; i < 300; ++i) insert("vol-" + std::to_string(i), "i-stopped");
  insert("vol-999", "");
  step();
  auto const found =
      *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_volume(tx, "vol-999"); });
  EXPECT_EQ(found->state, instances::VolumeState::available);
}

TEST_F(LauncherTest, keeps_a_volume_that_outlives_its_machine) {
  messages::ec2::RunInstancesRequest request;
  auto& mapping = request.block_device_mapping.emplace_back();
  mapping.device_name = "/dev/sda1";
  mapping.ebs.emplace().delete_on_termination = false;
  run(request);
  step();
  auto const volume = volumes().front().id;
  terminate();
  step();
  step();
  auto const kept =
      *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_volume(tx, volume); });
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->state, instances::VolumeState::available);
  EXPECT_TRUE(kept->instance_id.empty());
  EXPECT_EQ(driver_.pressed[id_], 1) << "what it had still to write would be lost";
}

TEST_F(LauncherTest, keeps_the_content_of_a_deleted_snapshot_as_long_as_a_volume_needs_it) {
  run();
  ASSERT_TRUE(
      region_.run([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, snapshot_.id); }));
  auto roots = [&] {
    std::size_t count = 0;
    EXPECT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return catalogue::visit_roots(tx, region_.clock.now(), [&](std::string_view, ByteView) -> Result<void> {
        ++count;
        return {};
      });
    }));
    return count;
  };
  EXPECT_EQ(roots(), 1U);
  terminate();
  step();
  EXPECT_EQ(roots(), 0U);
}

TEST_F(LauncherTest, has_time_for_an_image_that_waits_for_a_reboot_which_others_wait_for) {
  run();
  step();
  driver_.deaf.insert(id_);
  driver_.reset_fails = Error{Fault::unavailable, "", "QEMU does not answer"};
  reboot();
  step();
  region_.clock.advance(2 * kShutdownPatience);
  step();
  std::optional<Result<void>> told;
  ASSERT_TRUE(machines_.launcher.reboot_and(id_, [&](Result<void> rebooted) { told = std::move(rebooted); }));
  region_.clock.advance(2 * kShutdownPatience - Duration(1));
  step();
  EXPECT_FALSE(told);
  region_.clock.advance(Duration(1));
  step();
  ASSERT_TRUE(told);
  EXPECT_FALSE(*told);
}

/// What waits for a reboot is told of it once.
class RebootTest : public LauncherTest {
 protected:
  void SetUp() override {
    run();
    step();
    ASSERT_TRUE(machines_.launcher.reboot_and(
        id_, [&](Result<void> rebooted) { told_.push_back(std::move(rebooted)); }));
  }
  std::vector<Result<void>> told_;
};

TEST_F(RebootTest, is_over_when_the_machine_runs_again_and_its_owner_saw_nothing) {
  driver_.deaf.insert(id_);
  step();
  EXPECT_TRUE(told_.empty());
  region_.clock.advance(kShutdownPatience);
  step();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0]);
  step();
  EXPECT_EQ(state(), InstanceState::running);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(RebootTest, will_not_be_when_the_machine_cannot_be_reset) {
  driver_.deaf.insert(id_);
  driver_.reset_fails = Error{Fault::unavailable, "", "QEMU does not answer"};
  step();
  region_.clock.advance(kShutdownPatience);
  step();
  EXPECT_TRUE(told_.empty());
  region_.clock.advance(kShutdownPatience);
  step();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_FALSE(told_[0]);
  driver_.reset_fails.reset();
  step();
  EXPECT_EQ(driver_.resets[id_], 1) << "its guest was asked all the same";
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(RebootTest, leaves_nobody_alone_while_it_waits) {
  driver_.deaf.insert(id_);
  auto const tended = driver_.tended[id_];
  step();
  EXPECT_EQ(driver_.tended[id_], tended + 1);
  EXPECT_TRUE(told_.empty());
}

TEST_F(RebootTest, is_no_longer_needed_when_the_machine_was_stopped) {
  stop(true);
  step();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0]);
  EXPECT_EQ(state(), InstanceState::stopped);
}

TEST_F(RebootTest, will_not_be_when_the_machine_was_terminated) {
  terminate();
  step();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_FALSE(told_[0]);
}

TEST_F(RebootTest, is_over_before_the_guest_writes_again) {
  std::vector<int> tended;  // a machine that was reset stands still until then
  stop(true);
  step();
  start();
  step();
  driver_.deaf.insert(id_);
  ASSERT_TRUE(machines_.launcher.reboot_and(
      id_, [&](Result<void> const&) { tended.push_back(driver_.tended[id_]); }));
  step();
  auto const before = driver_.tended[id_];
  region_.clock.advance(kShutdownPatience);
  step();
  EXPECT_EQ(tended, std::vector<int>{before});
  EXPECT_EQ(driver_.tended[id_], before + 1);
  EXPECT_EQ(driver_.resets[id_], 1);
}

TEST_F(RebootTest, leaves_a_machine_off_that_died_meanwhile) {
  driver_.deaf.insert(id_);
  step();
  driver_.end(id_, "killed by signal 9");
  step();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0]);
  EXPECT_EQ(state(), InstanceState::stopped);
  EXPECT_EQ(find()->state_reason_code, "Server.InternalError");
}

TEST_F(RebootTest, goes_on_in_the_next_process) {
  driver_.deaf.insert(id_);
  step();
  auto again = next_process();
  ASSERT_TRUE(again.step());
  EXPECT_EQ(driver_.reboots[id_], 2);  // asked again
  region_.clock.advance(kShutdownPatience);
  ASSERT_TRUE(again.step());
  EXPECT_EQ(driver_.resets[id_], 1);
  ASSERT_TRUE(again.step());
  EXPECT_EQ(state(), InstanceState::running);
  EXPECT_EQ(driver_.reboots[id_], 2);
}

TEST_F(RebootTest, is_not_kept_for_later_when_the_machine_went_off_before) {
  auto const wait = [&] {
    ASSERT_TRUE(machines_.launcher.reboot_and(
        id_, [&](Result<void> rebooted) { told_.push_back(std::move(rebooted)); }));
  };
  stop(true);
  step();
  wait();
  step();
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_TRUE(told_[1]);
  terminate();
  step();
  wait();
  step();
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_FALSE(told_[2]);
}

TEST_F(RebootTest, is_asked_for_once_at_a_time) {
  EXPECT_FALSE(machines_.launcher.reboot_and(id_, [](Result<void> const&) {}));
}

}  // namespace
}  // namespace argosy::launcher
