#include "launcher/captures.h"

#include <gtest/gtest.h>

#include "catalogue/instances.h"
#include "catalogue/keys.h"
#include "catalogue/volumes.h"
#include "ebs/upload_steps.h"
#include "ec2/capture_volumes.h"
#include "ec2/change_instances.h"
#include "ec2/run_instances.h"
#include "ec2/volumes.h"
#include "support/machines.h"

namespace argosy::launcher {
namespace {

namespace m = messages::ec2;

constexpr ec2::HostRoom kRoom{{100, 100, 100'000}, {}};
constexpr char const* kRoot = "/dev/sda1";

/// What a machine of the test's changes on the disk of its image.
tests::Blocks changes() { return {{5, tests::block(50)}, {9, tests::block(90)}}; }
tests::Blocks base_blocks() { return {{5, tests::block(5)}, {7, tests::block(7)}, {300, tests::block(300)}}; }
tests::Blocks changed_blocks() {
  auto out = changes();
  out.merge(base_blocks());
  return out;
}

class CapturesTest : public testing::Test {
 protected:
  /// A machine that runs and has made its changes.
  void run(access::Caller const& caller, std::string const& image, std::optional<bool> encrypted = {}) {
    caller_ = caller;
    m::RunInstancesRequest request;
    request.image_id = image;
    request.instance_type = "t3.nano";
    request.min_count = request.max_count = 1;
    if (encrypted) {
      auto& mapping = request.block_device_mapping.emplace_back();
      mapping.device_name = kRoot;
      mapping.ebs.emplace().encrypted = encrypted;
    }
    auto const started = region_.run([&](catalogue::Transaction& tx) {
      return ec2::run_instances(tx, caller, region_.clock.now(), *region_.entropy, region_.keys, kRoom,
                                request);
    });
    ASSERT_TRUE(started) << started.error().message;
    id_ = *started->instances_set.front().instance_id;
    ASSERT_TRUE(machines_.launcher.step());
    machines_.driver.written[volume()] = changes();
  }
  std::string volume() {
    auto const found = *region_.run(
        [&](catalogue::Transaction& tx) { return catalogue::list_attached_volumes(tx, id_, kRoot); });
    return found.front().id;
  }
  ec2::CaptureRegion capture_region() {
    return {region_.catalogue, region_.keys,       region_.master_keys,
            *region_.entropy,  machines_.launcher, machines_.captures};
  }
  /// What stays when its machine is terminated.
  std::string keep_volume() {
    auto const id = volume();
    EXPECT_TRUE(region_.run([&](catalogue::Transaction& tx) -> Result<void> {
      auto kept = TRY(catalogue::find_volume(tx, id));
      kept->delete_on_termination = false;
      return catalogue::save_volume(tx, *kept);
    }));
    end_instance(true, true);
    EXPECT_TRUE(machines_.launcher.step());
    return id;
  }
  void delete_volume(std::string const& id) {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return ec2::delete_volume(tx, caller_, {id, false});
    }));
  }
  std::optional<instances::Volume> find_volume(std::string const& id) {
    return *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_volume(tx, id); });
  }
  Result<std::string> begin() { return begin(volume()); }
  Result<std::string> begin(std::string const& volume) {
    m::CreateSnapshotRequest request;
    request.volume_id = volume;
    auto const made = TRY(ec2::create_snapshot(capture_region(), caller_, region_.clock.now(), request));
    return *made.snapshot_id;
  }
  Result<std::string> begin_image(bool no_reboot = true, std::size_t more_devices = 0) {
    m::CreateImageRequest request;
    request.instance_id = id_;
    request.name = "sibling";
    request.no_reboot = no_reboot;
    for (std::size_t i = 0; i < more_devices; ++i) {
      auto& mapping = request.block_device_mapping.emplace_back();
      mapping.device_name = "/dev/xvd" + std::to_string(i);
      mapping.virtual_name = "ephemeral0";
    }
    auto const made = TRY(ec2::create_image(capture_region(), caller_, region_.clock.now(), request));
    return *made.image_id;
  }
  void end_instance(bool terminated, bool at_once) {
    ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
      return terminated
                 ? ec2::terminate_instances(tx, caller_, region_.clock.now(), {{id_}, at_once, {}, false})
                 : ec2::stop_instances(tx, caller_, region_.clock.now(), {{id_}, {}, {}, false, at_once});
    }));
  }
  instances::InstanceState instance_state() {
    return (*region_.run([&](catalogue::Transaction& tx) { return catalogue::find_instance(tx, id_); }))
        ->state;
  }
  /// What the background does, until it would come back later.
  void finish() {
    ebs::FailedCompletions failed;
    for (Time next{}; next <= region_.clock.now();) next = *machines_.captures.step();
    for (Time next{}; next <= region_.clock.now();)
      next = *ebs::step_uploads(region_.catalogue, *region_.content, region_.keys, region_.master_keys,
                                failed, region_.clock);
  }
  images::Snapshot capture() {
    auto const id = begin();
    EXPECT_TRUE(id) << id.error().message;
    finish();
    return find(*id);
  }
  images::Snapshot find(std::string const& id) {
    return *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_snapshot(tx, id); });
  }
  images::Image find_image(std::string const& id) {
    return *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_image(tx, id); });
  }
  /// An encrypted one, with its owner's key.
  tests::Blocks read_encrypted(images::Snapshot const& snapshot) {
    auto const root = region_.run([&](catalogue::Transaction& tx) -> Result<content::Child> {
      auto const secret = TRY(region_.keys.unwrap(tx, caller_, snapshot.envelope));
      return content::decode_root_secret(secret);
    });
    EXPECT_TRUE(root) << root.error().message;
    return region_.read(
        content::Disk{catalogue::domain_number(snapshot.owner), *root, snapshot.volume_size_gib});
  }

  tests::Region region_{"us-east-1"};
  tests::Machines machines_{region_};
  images::Snapshot base_ = region_.make_snapshot(tests::kOwner.account, base_blocks());
  images::Image image_ = region_.make_image(tests::kOwner.account, "image", base_.id);
  access::Caller caller_ = tests::kOwner;
  std::string id_;
};

TEST_F(CapturesTest, uploads_what_a_machine_changed_on_top_of_what_it_started_from) {
  run(tests::kOwner, image_.id);
  auto const snapshot = capture();
  EXPECT_EQ(snapshot.state, images::SnapshotState::completed) << snapshot.status_message;
  EXPECT_EQ(snapshot.expected_blocks, 2);
  EXPECT_EQ(snapshot.parent_snapshot_id, base_.id);
  EXPECT_EQ(snapshot.lineage, base_.lineage);
  EXPECT_EQ(snapshot.volume_id, volume());
  EXPECT_EQ(region_.read(snapshot), changed_blocks());
}

TEST_F(CapturesTest, uploads_nothing_of_a_volume_that_nobody_wrote_to) {
  run(tests::kOwner, image_.id);
  machines_.driver.written.clear();
  auto const snapshot = capture();
  EXPECT_EQ(snapshot.expected_blocks, 0);
  EXPECT_EQ(region_.read(snapshot), base_blocks());
}

TEST_F(CapturesTest, uploads_everything_where_the_base_is_another_accounts) {
  region_.share(image_.id, {images::PrincipalKind::account, tests::kRecipient.account});
  run(tests::kRecipient, image_.id);
  auto const snapshot = capture();
  EXPECT_EQ(snapshot.state, images::SnapshotState::completed) << snapshot.status_message;
  EXPECT_EQ(snapshot.owner, tests::kRecipient.account);
  EXPECT_EQ(snapshot.expected_blocks, 4);
  EXPECT_EQ(snapshot.parent_snapshot_id, "");
  EXPECT_EQ(snapshot.lineage, snapshot.id) << "nobody may compare it with what he does not own";
  EXPECT_EQ(region_.read(snapshot), changed_blocks());
}

TEST_F(CapturesTest, uploads_everything_of_a_volume_that_was_encrypted_at_launch_and_then_builds_on_that) {
  run(tests::kOwner, image_.id, true);
  auto const first = capture();
  EXPECT_EQ(first.state, images::SnapshotState::completed) << first.status_message;
  EXPECT_TRUE(first.encrypted);
  EXPECT_EQ(first.expected_blocks, 4);
  EXPECT_EQ(read_encrypted(first), changed_blocks());
  run(tests::kOwner, region_.make_image(tests::kOwner.account, "encrypted", first.id).id);
  auto const second = capture();
  EXPECT_EQ(second.state, images::SnapshotState::completed) << second.status_message;
  EXPECT_EQ(second.kms_key, first.kms_key);
  EXPECT_EQ(second.expected_blocks, 2);
  EXPECT_EQ(second.lineage, first.lineage);
  EXPECT_EQ(read_encrypted(second), changed_blocks());
}

TEST_F(CapturesTest, uses_the_key_in_the_name_of_the_volume) {
  run(tests::kOwner, image_.id, true);
  auto const id = volume();
  ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) -> Result<void> {
    auto const ids = TRY(catalogue::list_keys(tx, tests::kOwner.account, "", 2));
    auto key = *TRY(catalogue::find_key(tx, ids.at(0)));
    key.policy = R"({"Statement": {"Effect": "Allow", "Principal": {"AWS": ")" + tests::kOwner.account +
                 R"("}, "Action": "kms:*", "Resource": "*",
                     "Condition": {"StringLikeIfExists": {"kms:EncryptionContext:aws:ebs:id": ")" +
                 id + R"("}}}})";
    return catalogue::save_key(tx, key);
  }));
  auto const snapshot = capture();
  EXPECT_EQ(snapshot.state, images::SnapshotState::completed) << snapshot.status_message;
  EXPECT_EQ(read_encrypted(snapshot), changed_blocks());
}

TEST_F(CapturesTest, holds_the_moment_of_the_call) {
  run(tests::kOwner, image_.id);
  auto const id = *begin();
  machines_.driver.written[volume()][5] = tests::block(51);
  finish();
  EXPECT_EQ(region_.read(find(id)), changed_blocks());
}

TEST_F(CapturesTest, ends_with_the_reason_when_the_machine_dies_while_it_is_read) {
  run(tests::kOwner, image_.id);
  machines_.driver.read_fails = Error{Fault::unavailable, "", "the machine is gone"};
  auto const image = *begin_image();
  finish();
  auto const failed = find_image(image);
  EXPECT_EQ(failed.state, images::ImageState::failed);
  auto const snapshot = find(failed.mappings.front().snapshot_id);
  EXPECT_EQ(snapshot.state, images::SnapshotState::error);
  EXPECT_NE(snapshot.status_message.find("the machine is gone"), std::string::npos);
  EXPECT_NE(failed.state_reason.find(snapshot.id), std::string::npos);
  EXPECT_NE(failed.state_reason.find("the machine is gone"), std::string::npos);
}

TEST_F(CapturesTest, names_the_key_that_closed_while_the_machine_was_read) {
  run(tests::kOwner, image_.id);
  machines_.driver.read_fails =
      Error{Fault::conflict, "DisabledException", "arn:aws:kms:::key/k is disabled."};
  auto const image = *begin_image();
  finish();
  auto const failed = find_image(image);
  EXPECT_EQ(failed.state, images::ImageState::failed);
  EXPECT_EQ(failed.state_reason_code, "Client.InvalidKMSKey.InvalidState");
  EXPECT_EQ(find(failed.mappings.front().snapshot_id).status_message,
            "Given key ID is not accessible. arn:aws:kms:::key/k is disabled.");
  EXPECT_NE(failed.state_reason.find("key/k is disabled"), std::string::npos);
}

TEST_F(CapturesTest, makes_an_image_available_when_its_snapshots_are_completed) {
  run(tests::kOwner, image_.id);
  auto const id = *begin_image();
  EXPECT_EQ(find_image(id).state, images::ImageState::pending);
  finish();
  auto const image = find_image(id);
  EXPECT_EQ(image.state, images::ImageState::available);
  EXPECT_EQ(image.source_image_id, image_.id);
  EXPECT_EQ(image.source_instance_id, id_);
  auto const snapshot = find(image.mappings.front().snapshot_id);
  EXPECT_EQ(snapshot.description, "Created by CreateImage(" + id_ + ") for " + id);
  EXPECT_EQ(region_.read(snapshot), changed_blocks());
}

TEST_F(CapturesTest, makes_an_image_of_a_hundred_devices_and_of_no_more) {
  run(tests::kOwner, image_.id);
  for (std::size_t const too_many : {100U, 9'999U}) {
    auto const refused = begin_image(true, too_many);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "InvalidBlockDeviceMapping");
  }
  auto const id = begin_image(true, 99);
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(find_image(*id).mappings.size(), 100U);
}

TEST_F(CapturesTest, takes_an_image_with_a_reboot_when_the_guest_is_down) {
  run(tests::kOwner, image_.id);
  machines_.driver.deaf.insert(id_);
  auto const id = *begin_image(false);
  ASSERT_TRUE(machines_.launcher.step());
  finish();
  EXPECT_EQ(find_image(id).state, images::ImageState::pending);
  machines_.driver.written[volume()][11] = tests::block(110);  // what it writes before it is off
  machines_.driver.end_reboot(id_);
  ASSERT_TRUE(machines_.launcher.step());
  machines_.driver.written[volume()][12] = tests::block(120);  // and after it is back
  finish();
  EXPECT_EQ(find_image(id).state, images::ImageState::available);
  auto expected = changed_blocks();
  expected[11] = tests::block(110);
  EXPECT_EQ(region_.read(find(find_image(id).mappings.front().snapshot_id)), expected);
}

TEST_F(CapturesTest, begins_nothing_that_a_reboot_would_break_off) {
  run(tests::kOwner, image_.id);
  machines_.driver.deaf.insert(id_);
  auto const image = *begin_image(false);
  ASSERT_TRUE(machines_.launcher.step());
  EXPECT_EQ(begin().error().code, "SnapshotCreationPerVolumeRateExceeded");
  machines_.driver.end_reboot(id_);
  ASSERT_TRUE(machines_.launcher.step());
  finish();
  EXPECT_EQ(find_image(image).state, images::ImageState::available);
  EXPECT_TRUE(begin());
}

TEST_F(CapturesTest, lets_a_machine_that_shall_end_stay_until_it_is_read) {
  for (bool const terminated : {false, true}) {
    run(tests::kOwner, image_.id);
    auto const id = *begin();
    end_instance(terminated, false);
    ASSERT_TRUE(machines_.launcher.step());
    auto const waits =
        terminated ? instances::InstanceState::shutting_down : instances::InstanceState::stopping;
    EXPECT_EQ(instance_state(), waits);
    EXPECT_EQ(machines_.driver.pressed[id_], 0);
    finish();
    ASSERT_TRUE(machines_.launcher.step());
    ASSERT_TRUE(machines_.launcher.step());
    EXPECT_NE(instance_state(), waits);
    EXPECT_EQ(find(id).state, images::SnapshotState::completed);
  }
}

TEST_F(CapturesTest, holds_up_nobody_who_is_in_a_hurry) {
  run(tests::kOwner, image_.id);
  ASSERT_TRUE(begin());
  end_instance(false, true);
  ASSERT_TRUE(machines_.launcher.step());
  EXPECT_EQ(instance_state(), instances::InstanceState::stopped);
}

TEST_F(CapturesTest, gives_up_at_once_what_a_machine_that_ended_takes_along) {
  for (bool const takes_along : {true, false}) {
    machines_.driver.ends_with_machine = takes_along;
    run(tests::kOwner, image_.id);
    auto const id = *begin();
    end_instance(false, true);
    ASSERT_TRUE(machines_.launcher.step());
    EXPECT_EQ(find(id).state, takes_along ? images::SnapshotState::error : images::SnapshotState::pending);
    finish();
  }
}

TEST_F(CapturesTest, gives_up_at_once_what_a_machine_took_along_before_it_was_recorded) {
  run(tests::kOwner, image_.id);
  machines_.driver.while_it_freezes = [&] {
    end_instance(false, true);
    ASSERT_TRUE(machines_.launcher.step());
  };
  auto const id = begin();
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(find(*id).state, images::SnapshotState::error);
}

TEST_F(CapturesTest, takes_an_image_of_a_machine_that_was_stopped_before_it_was_rebooted) {
  run(tests::kOwner, image_.id);
  auto const id = *begin_image(false);
  end_instance(false, true);
  ASSERT_TRUE(machines_.launcher.step());
  finish();
  auto const image = find_image(id);
  EXPECT_EQ(image.state, images::ImageState::available) << image.state_reason;
  EXPECT_EQ(region_.read(find(image.mappings.front().snapshot_id)), changed_blocks());
}

TEST_F(CapturesTest, fails_with_the_reason_where_the_machine_was_terminated_before_it_was_rebooted) {
  run(tests::kOwner, image_.id);
  auto const id = *begin_image(false);
  end_instance(true, false);
  ASSERT_TRUE(machines_.launcher.step());
  finish();
  auto const image = find_image(id);
  EXPECT_EQ(image.state, images::ImageState::failed);
  EXPECT_NE(image.state_reason.find("was terminated"), std::string::npos);
}

TEST_F(CapturesTest, ends_at_a_start_what_an_earlier_process_left_half_done) {
  run(tests::kOwner, image_.id);
  auto const image = *begin_image();
  Captures again(machines_.store);
  ASSERT_TRUE(again.start());
  auto const snapshot = find(find_image(image).mappings.front().snapshot_id);
  EXPECT_EQ(snapshot.state, images::SnapshotState::error);
  EXPECT_FALSE(snapshot.status_message.empty());
  EXPECT_EQ(find_image(image).state, images::ImageState::failed);
}

TEST_F(CapturesTest, leaves_a_capture_that_was_read_to_its_end_alone_at_a_start) {
  run(tests::kOwner, image_.id);
  auto const id = *begin();
  ASSERT_TRUE(machines_.captures.step());
  ASSERT_TRUE(Captures(machines_.store).start());
  finish();
  EXPECT_EQ(find(id).state, images::SnapshotState::completed);
}

TEST_F(CapturesTest, ends_what_is_being_read_when_the_process_shall_stop) {
  run(tests::kOwner, image_.id);
  auto const id = *begin();
  machines_.captures.ask_to_stop();
  finish();
  EXPECT_EQ(find(id).state, images::SnapshotState::error);
}

TEST_F(CapturesTest, ends_what_it_gave_up_as_soon_as_that_can_be_recorded) {
  run(tests::kOwner, image_.id);
  auto const image = *begin_image();
  region_.set_writable(false);
  ASSERT_TRUE(machines_.captures.step());
  region_.set_writable(true);
  auto const id = find_image(image).mappings.front().snapshot_id;
  EXPECT_EQ(find(id).state, images::SnapshotState::pending);
  end_instance(false, false);
  finish();
  EXPECT_EQ(find(id).state, images::SnapshotState::error);
  EXPECT_EQ(find_image(image).state, images::ImageState::failed);
  ASSERT_TRUE(machines_.launcher.step());
  ASSERT_TRUE(machines_.launcher.step());
  EXPECT_EQ(instance_state(), instances::InstanceState::stopped) << "it waits for no snapshot any more";
}

TEST_F(CapturesTest, is_content_with_a_snapshot_that_was_deleted_meanwhile) {
  run(tests::kOwner, image_.id);
  auto const id = *begin();
  ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, id); }));
  finish();
  auto const next = capture();
  EXPECT_EQ(next.state, images::SnapshotState::completed);
}

TEST_F(CapturesTest, waits_for_others_as_long_as_they_take) {
  run(tests::kOwner, image_.id);
  auto const id = *begin();
  region_.clock.advance(std::chrono::hours(5));
  ASSERT_TRUE(
      ebs::step_open_uploads(region_.catalogue, *region_.content, machines_.gates, region_.clock.now()));
  finish();
  EXPECT_EQ(find(id).state, images::SnapshotState::completed) << find(id).status_message;
}

TEST_F(CapturesTest, does_not_let_an_account_wait_for_the_large_volume_of_another) {
  region_.share(image_.id, {images::PrincipalKind::account, tests::kRecipient.account});
  run(tests::kOwner, image_.id);
  for (std::uint64_t i = 0; i < 200; ++i) machines_.driver.written[volume()][i] = tests::block(7);
  auto const large = *begin();
  run(tests::kRecipient, image_.id);
  auto const small = *begin();
  ASSERT_TRUE(machines_.captures.step());
  ASSERT_TRUE(machines_.captures.step());
  EXPECT_FALSE(find(large).completing);
  EXPECT_TRUE(find(small).completing);
  finish();
  EXPECT_EQ(find(large).state, images::SnapshotState::completed) << find(large).status_message;
  EXPECT_EQ(find(large).expected_blocks, 200);
}

TEST_F(CapturesTest, completes_the_snapshot_of_a_volume_that_is_deleted_meanwhile) {
  run(tests::kOwner, image_.id);
  auto const kept = keep_volume();
  auto const id = *begin(kept);
  delete_volume(kept);
  ASSERT_TRUE(machines_.launcher.step());
  auto const found = find_volume(kept);
  ASSERT_TRUE(found) << "its base is not read for a volume that is gone";
  EXPECT_EQ(found->state, instances::VolumeState::deleting);
  EXPECT_EQ(begin(kept).error().code, "IncorrectState");
  finish();
  EXPECT_EQ(find(id).state, images::SnapshotState::completed);
  ASSERT_TRUE(machines_.launcher.step());
  EXPECT_FALSE(find_volume(kept));
  EXPECT_TRUE(machines_.driver.removed_volumes.contains(kept));
}

TEST_F(CapturesTest, takes_no_snapshot_of_a_volume_that_was_deleted_before_it_was_recorded) {
  run(tests::kOwner, image_.id);
  auto const kept = keep_volume();
  machines_.driver.while_it_freezes = [&] { delete_volume(kept); };
  EXPECT_EQ(begin(kept).error().code, "InvalidVolume.NotFound");
}

TEST_F(CapturesTest, keeps_to_the_limits_of_the_account) {
  run(tests::kOwner, image_.id);
  caller_.limits.pending_uploads = 1;
  ASSERT_TRUE(begin());
  EXPECT_EQ(begin().error().code, "ConcurrentSnapshotLimitExceeded");
  finish();
  caller_.limits.snapshots = 2;
  EXPECT_EQ(begin().error().code, "SnapshotLimitExceeded");
  caller_.limits.snapshots = 3;
  caller_.limits.images = 1;
  EXPECT_EQ(begin_image().error().fault, Fault::limit);
  EXPECT_TRUE(begin()) << "what was refused leaves nothing behind";
}

}  // namespace
}  // namespace argosy::launcher
