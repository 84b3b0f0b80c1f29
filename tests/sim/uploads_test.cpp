#include "ebs/upload_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "ebs/upload_ends.h"
#include "ebs/uploads.h"
#include "store/scrub.h"
#include "support/uploads.h"

namespace argosy::ebs {
namespace {

using tests::block;
using tests::kOwner;

class UploadsTest : public testing::Test {
 protected:
  std::string start(std::string const& parent = "", std::int64_t size_gib = 1) {
    auto started = uploads().start(parent, size_gib);
    EXPECT_TRUE(started) << started.error().message;
    return *started;
  }
  /// The public code, or nothing if it was done.
  std::string put(std::string const& id, std::uint64_t index, Bytes const& data) {
    auto done = uploads().put(id, index, data);
    return done ? "" : done.error().code;
  }
  std::string complete(std::string const& id, std::uint64_t count,
                       std::optional<std::string> checksum = std::nullopt) {
    auto done = uploads().complete(id, count, std::move(checksum));
    return done ? "" : done.error().code;
  }
  void step() { ASSERT_TRUE(uploads().step()); }
  images::Snapshot snapshot(std::string const& id) { return uploads().find(id); }
  tests::Uploads uploads(access::Caller const& caller = kOwner) { return {region_, *gates_, caller}; }
  /// The service stops and starts again, and finds its first pack so, or not at all.
  void restart_with(std::optional<Bytes> const& pack) {
    auto const name = region_.packs->list()->front().name;
    region_.content.reset();
    region_.store.reset();
    ASSERT_TRUE(region_.packs->remove(name));
    if (pack) {
      ASSERT_TRUE((*region_.packs->create(name))->append(*pack));
    }
    ASSERT_TRUE(region_.open());
  }
  /// A bit of what was stored of this block flips, and a scrub finds it.
  void damage(Bytes const& data) {
    ASSERT_TRUE(region_.store->flush());
    auto const object = region_.packs->list()->front();
    Bytes pack(object.size_bytes);
    ASSERT_TRUE(region_.packs->read(object.name, 0, pack));
    auto const stored = content::encode_block(data, content::Options{}.zstd_level);
    auto const found = std::ranges::search(pack, stored);
    ASSERT_FALSE(found.empty());
    *std::prev(found.end()) ^= std::byte{1};
    restart_with(pack);
    store::Scrub scrub(*region_.store);
    while (!*scrub.step({})) {
    }
    ASSERT_EQ(scrub.result().damaged_chunks, 1U);
  }

  tests::Region region_{"us-east-1"};
  std::unique_ptr<UploadGates> gates_ = std::make_unique<UploadGates>("first boot");
};

TEST_F(UploadsTest, becomes_a_snapshot_of_what_was_put) {
  auto id = start();
  EXPECT_EQ(put(id, 0, block(1)), "");
  EXPECT_EQ(put(id, 700, block(2)), "");
  EXPECT_EQ(put(id, 700, block(3)), "") << "the last one wins";
  EXPECT_EQ(complete(id, 2), "");
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::pending);
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::completed);
  EXPECT_EQ(region_.read(snapshot(id)), (tests::Blocks{{0, block(1)}, {700, block(3)}}));
  EXPECT_EQ(region_.store->placements(id, 0, 10)->size(), 0U) << "its journal is forgotten";
}

TEST_F(UploadsTest, lies_over_its_parent_and_a_zero_block_erases) {
  auto parent = start();
  put(parent, 1, block(1));
  put(parent, 2, block(2));
  complete(parent, 2);
  step();
  auto child = start(parent, 300);  // a larger disk, a higher tree
  put(child, 2, Bytes(content::kBlockBytes));
  put(child, 500'000, block(5));
  EXPECT_EQ(complete(child, 2), "");
  step();
  EXPECT_EQ(region_.read(snapshot(child)), (tests::Blocks{{1, block(1)}, {500'000, block(5)}}));
  EXPECT_EQ(snapshot(child).lineage, parent);
}

TEST_F(UploadsTest, keeps_what_the_parent_had_when_the_parent_is_deleted) {
  auto parent = start();
  put(parent, 1, block(1));
  complete(parent, 1);
  step();
  auto child = start(parent);
  ASSERT_TRUE(
      region_.run([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, parent); }));
  put(child, 2, block(2));
  complete(child, 1);
  step();
  EXPECT_EQ(region_.read(snapshot(child)), (tests::Blocks{{1, block(1)}, {2, block(2)}}));
}

TEST_F(UploadsTest, is_no_encrypted_snapshot_that_a_copy_makes) {
  images::Snapshot copied;
  copied.id = make_resource_id(*region_.entropy, "snap-");
  copied.owner = kOwner.account;
  copied.volume_size_gib = 1;
  copied.encrypted = true;
  ASSERT_TRUE(
      region_.run([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, copied); }));
  EXPECT_EQ(put(copied.id, 0, block(1)), "ValidationException/INVALID_SNAPSHOT_ID");
  EXPECT_EQ(complete(copied.id, 0), "ValidationException/INVALID_SNAPSHOT_ID");
}

TEST_F(UploadsTest, is_not_completed_with_another_count_or_checksum) {
  auto id = start();
  put(id, 0, block(1));
  EXPECT_EQ(complete(id, 2), "ValidationException/INVALID_PARAMETER_VALUE");
  EXPECT_EQ(complete(id, 1, to_base64(Bytes(32))), "ValidationException/INVALID_PARAMETER_VALUE");
  EXPECT_EQ(put(id, 1, block(2)), "") << "a refused CompleteSnapshot changes nothing";
  auto first = digest::sha256(block(1));
  auto second = digest::sha256(block(2));
  auto linear = digest::Sha256().update(first.bytes).update(second.bytes).finish();
  EXPECT_EQ(complete(id, 2, to_base64(linear.bytes)), "");
  EXPECT_EQ(complete(id, 2), "") << "repeating it is fine";
  EXPECT_EQ(complete(id, 1), "ValidationException/INVALID_SNAPSHOT_ID");
  EXPECT_EQ(put(id, 3, block(3)), "ValidationException/INVALID_SNAPSHOT_ID") << "it takes no more";
}

TEST_F(UploadsTest, becomes_an_error_when_its_journal_lost_a_block_and_never_completes_short) {
  auto id = start();
  put(id, 0, block(1));
  put(id, 1, block(2));
  ASSERT_EQ(complete(id, 2), "");
  ASSERT_TRUE(region_.store->remove_placements(id));  // as a loss of power may
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
  EXPECT_NE(snapshot(id).status_message.find("0 blocks were put"), std::string::npos)
      << snapshot(id).status_message;
}

TEST_F(UploadsTest, becomes_an_error_when_a_block_is_known_to_be_damaged) {
  auto const id = start();
  for (std::uint32_t i = 0; i < 300; ++i) put(id, i, block(i));
  damage(block(299));
  ASSERT_EQ(complete(id, 300), "") << "its journal is whole";
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
  EXPECT_NE(snapshot(id).status_message.find("Blocks were lost"), std::string::npos)
      << snapshot(id).status_message;
}

TEST_F(UploadsTest, becomes_an_error_when_a_block_lay_in_a_pack_that_a_start_finds_missing) {
  auto const id = start();
  put(id, 0, block(1));
  ASSERT_TRUE(region_.store->flush());
  restart_with(std::nullopt);
  put(id, 1, block(2));
  ASSERT_EQ(complete(id, 2), "");
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
  EXPECT_NE(snapshot(id).status_message.find("Blocks were lost"), std::string::npos)
      << snapshot(id).status_message;
}

TEST_F(UploadsTest, becomes_a_snapshot_when_a_damaged_block_was_put_again) {
  auto const id = start();
  put(id, 0, block(1));
  put(id, 1, block(2));
  damage(block(2));
  EXPECT_EQ(put(id, 1, block(2)), "");
  ASSERT_EQ(complete(id, 2), "");
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::completed);
  EXPECT_EQ(region_.read(snapshot(id)), (tests::Blocks{{0, block(1)}, {1, block(2)}}));
}

TEST_F(UploadsTest, ends_when_the_machine_lost_its_power_after_a_put_and_never_completes_short) {
  auto id = start();
  auto untouched = start();
  put(id, 0, block(1));
  put(id, 1, block(2));  // was lost: the client names what is left
  gates_ = std::make_unique<UploadGates>("second boot");
  EXPECT_EQ(complete(id, 1), "ValidationException/WRITE_REQUEST_TIMEOUT");
  EXPECT_EQ(put(id, 1, block(2)), "ValidationException/WRITE_REQUEST_TIMEOUT");
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
  step();
  EXPECT_EQ(snapshot(untouched).state, images::SnapshotState::pending) << "nothing of it could be lost";
}

TEST_F(UploadsTest, shows_as_an_error_after_a_loss_of_power_although_nobody_comes_back) {
  auto id = start();
  put(id, 0, block(1));
  gates_ = std::make_unique<UploadGates>("second boot");
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
  EXPECT_NE(snapshot(id).status_message.find("power"), std::string::npos) << snapshot(id).status_message;
}

TEST_F(UploadsTest, goes_on_after_a_kill_in_the_same_run_of_the_machine) {
  auto id = start();
  put(id, 0, block(1));
  gates_ = std::make_unique<UploadGates>("first boot");
  put(id, 1, block(2));
  EXPECT_EQ(complete(id, 2), "");
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::completed);
}

TEST_F(UploadsTest, loses_nothing_with_the_power_when_it_rested_or_the_process_stopped_before) {
  auto rested = start();
  put(rested, 0, block(1));
  region_.clock.advance(std::chrono::minutes(3));
  auto stopped = start();
  put(stopped, 0, block(2));
  step();
  EXPECT_EQ(snapshot(rested).unsynced_boot, "");
  EXPECT_EQ(snapshot(stopped).unsynced_boot, "first boot") << "somebody may be at it";
  ASSERT_TRUE(settle_uploads(region_.catalogue, *region_.content, *gates_));
  gates_ = std::make_unique<UploadGates>("second boot");
  for (auto const& id : {rested, stopped}) {
    EXPECT_EQ(put(id, 1, block(3)), "");
    EXPECT_EQ(complete(id, 2), "");
  }
  step();
  EXPECT_EQ(snapshot(rested).state, images::SnapshotState::completed);
  EXPECT_EQ(snapshot(stopped).state, images::SnapshotState::completed);
}

TEST_F(UploadsTest, ends_when_nothing_was_written_for_its_timeout) {
  auto id = start();
  put(id, 0, block(1));
  region_.clock.advance(std::chrono::minutes(9));
  EXPECT_EQ(put(id, 1, block(2)), "");
  region_.clock.advance(std::chrono::minutes(9));
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::pending) << "the last write counts";
  region_.clock.advance(std::chrono::minutes(3));
  EXPECT_EQ(put(id, 2, block(3)), "ValidationException/WRITE_REQUEST_TIMEOUT");
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
  auto other = start();
  region_.clock.advance(std::chrono::minutes(12));
  step();
  EXPECT_EQ(snapshot(other).state, images::SnapshotState::error) << "also when nobody comes back";
}

TEST_F(UploadsTest, whose_completion_began_in_time_does_not_time_out) {
  auto const id = start();
  put(id, 0, block(1));
  region_.clock.advance(std::chrono::minutes(12));
  {
    auto const gate = gates_->of(id);
    std::unique_lock const completing(*gate);  // CompleteSnapshot reads the journal
    std::thread([&] { step(); }).join();
    EXPECT_EQ(snapshot(id).state, images::SnapshotState::pending);
    ASSERT_TRUE(close_upload(region_.catalogue, id, 1, {}));
  }
  ASSERT_TRUE(time_out(region_.catalogue, id, region_.clock.now()));
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::completed);
}

TEST_F(UploadsTest, that_has_failed_is_not_closed) {
  auto const id = start();
  region_.clock.advance(std::chrono::minutes(12));
  ASSERT_TRUE(time_out(region_.catalogue, id, region_.clock.now()));
  auto const closed = close_upload(region_.catalogue, id, 0, {});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, "ValidationException/WRITE_REQUEST_TIMEOUT");
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::error);
}

TEST_F(UploadsTest, of_which_one_cannot_be_read_for_a_while_holds_up_no_other) {
  std::string const mine = start();
  std::string const other = uploads(tests::kRecipient).start().value();
  ASSERT_EQ(complete(mine, 0), "");
  ASSERT_TRUE(uploads(tests::kRecipient).complete(other, 0));
  auto const& first = std::min(mine, other);
  auto const& last = std::max(mine, other);
  auto const owner = snapshot(first).owner;  // asked here: root_of is called within a transaction
  bool readable = false;
  keystore::EbsKeys const keys({region_.name, region_.master_keys, *region_.entropy}, region_.clock,
                               [&](std::string const& account) -> Result<access::Caller> {
                                 if (!readable && account == owner)
                                   return fail(Fault::unavailable, "Input/output error");
                                 return tests::root_of(account);
                               });
  FailedCompletions failed;
  auto const step_with_faults = [&] {
    return step_uploads(region_.catalogue, *region_.content, keys, region_.master_keys, failed,
                        region_.clock);
  };
  EXPECT_FALSE(step_with_faults());
  EXPECT_TRUE(step_with_faults());
  EXPECT_EQ(snapshot(last).state, images::SnapshotState::completed);
  EXPECT_TRUE(step_with_faults()) << "it rests";
  region_.clock.advance(std::chrono::seconds(2));
  EXPECT_FALSE(step_with_faults());
  readable = true;
  region_.clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(step_with_faults());
  EXPECT_EQ(snapshot(first).state, images::SnapshotState::completed);
}

TEST_F(UploadsTest, waits_as_long_as_it_cannot_be_completed) {
  auto const id = start();
  ASSERT_EQ(complete(id, 0), "");
  bool full = true;
  keystore::EbsKeys const keys({region_.name, region_.master_keys, *region_.entropy}, region_.clock,
                               [&](std::string const& account) -> Result<access::Caller> {
                                 if (full) return fail(Fault::unavailable, "No space left on device");
                                 return tests::root_of(account);
                               });
  FailedCompletions failed;
  auto const step_on_a_full_disk = [&] {
    region_.clock.advance(std::chrono::minutes(1));
    return step_uploads(region_.catalogue, *region_.content, keys, region_.master_keys, failed,
                        region_.clock);
  };
  for (int minute = 0; minute < 3 * 24 * 60; ++minute) ASSERT_FALSE(step_on_a_full_disk());
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::pending);
  full = false;
  EXPECT_TRUE(step_on_a_full_disk());
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::completed);
}

TEST_F(UploadsTest, rests_after_a_slow_failure_while_what_has_ended_gives_back_its_place) {
  auto const id = start();
  ASSERT_EQ(complete(id, 0), "");
  auto const deleted = start();
  ASSERT_EQ(put(deleted, 0, block(1)), "");
  ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) -> Result<void> {
    TRY(catalogue::insert_ended_upload(tx, deleted));
    return catalogue::remove_snapshot(tx, deleted);
  }));
  ASSERT_EQ(region_.store->placements(deleted, 0, 10)->size(), 1U);
  keystore::EbsKeys const keys({region_.name, region_.master_keys, *region_.entropy}, region_.clock,
                               [&](std::string const&) -> Result<access::Caller> {
                                 region_.clock.advance(std::chrono::minutes(2));
                                 return fail(Fault::unavailable, "No space left on device");
                               });
  FailedCompletions failed;
  auto const step_on_a_full_disk = [&] {
    return step_uploads(region_.catalogue, *region_.content, keys, region_.master_keys, failed,
                        region_.clock);
  };
  EXPECT_FALSE(step_on_a_full_disk());
  EXPECT_EQ(region_.store->placements(deleted, 0, 10)->size(), 0U);
  EXPECT_TRUE(step_on_a_full_disk()) << "it rests, however long the attempt took";
}

TEST_F(UploadsTest, takes_a_disk_of_zeros) {
  auto id = start("", 64);
  EXPECT_EQ(complete(id, 0), "");
  step();
  EXPECT_EQ(snapshot(id).state, images::SnapshotState::completed);
  EXPECT_EQ(snapshot(id).content_bytes, 0);
  EXPECT_TRUE(region_.read(snapshot(id)).empty());
}

}  // namespace
}  // namespace argosy::ebs
