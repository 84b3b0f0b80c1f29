#include "cli/upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/folder.h"
#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

/// Blocks of zeros, and behind them blocks of ones.
class PlainDisk final : public Disk {
 public:
  PlainDisk(std::uint64_t zeros, std::uint64_t ones) : zeros_(zeros), ones_(ones) {}
  std::uint64_t size_bytes() const override { return (zeros_ + ones_) * kBlockBytes; }
  Outcome<std::optional<Extent>> next_data(std::uint64_t offset) override {
    return Extent{offset, size_bytes()};
  }
  Outcome<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    std::this_thread::sleep_for(delay);
    if (is_broken) return stop(Exit::failed, "the disk cannot be read");
    std::ranges::fill(out, std::byte(offset / kBlockBytes < zeros_ ? 0 : 1));
    return {};
  }

  std::chrono::milliseconds delay{};
  bool is_broken = false;

 private:
  std::uint64_t zeros_;
  std::uint64_t ones_;
};

/// While it lives, no file of the process becomes longer.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t longest) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit{longest, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(FullDisk const&) = delete;
  FullDisk& operator=(FullDisk const&) = delete;
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

std::string snapshots(std::string const& state) {
  return "<R><snapshotSet><item><snapshotId>snap-1</snapshotId><status>" + state +
         "</status></item></snapshotSet></R>";
}

class AnUpload : public testing::Test {
 protected:
  AnUpload() {
    std::ofstream(path_) << "disk";
    service_.answers = {
        {"StartSnapshot",
         {R"({"SnapshotId": "snap-1", "OwnerId": "1", "Status": "pending", "StartTime": 1, "VolumeSize": 1, "BlockSize": 524288})"}},
        {"PutSnapshotBlock", {"{}"}},
        {"CompleteSnapshot", {R"({"Status": "pending"})"}},
        {"DescribeSnapshots", {snapshots("completed")}},
        {"DeleteSnapshot", {"<R/>"}}};
    pending_ = open();
  }
  std::unique_ptr<PendingUpload> open() {
    UploadIdentity const identity{"127.0.0.1:1", "123456789012", "us-west-2", path_, 1, 1, "", {}, {}};
    return *PendingUpload::open(state_, identity);
  }
  std::uint64_t record_bytes() const {
    return std::filesystem::file_size(*std::filesystem::directory_iterator(state_));
  }
  Outcome<Uploaded> run(Disk& disk, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    UploadOptions const options{"", {}, 1, 1, patience, std::nullopt};
    auto session = service_.open();
    return upload(*session, disk, options, *pending_, terminal_, "disk");
  }

  ScriptedService service_;
  tests::Folder const folder_;
  std::string const path_ = folder_ / "disk.raw";
  std::string const state_ = folder_ / "state";
  std::unique_ptr<PendingUpload> pending_;
  Terminal terminal_{Format::table, ProgressStyle::none, true};
};

TEST_F(AnUpload, goes_on_without_a_record_that_can_no_longer_be_written) {
  PlainDisk disk(0, 4);
  {
    FullDisk const full(record_bytes() + std::string_view("snapshot snap-1\n0\n").size());
    auto uploaded = run(disk);
    ASSERT_TRUE(uploaded) << explain(uploaded.error());
    EXPECT_EQ(uploaded->blocks_sent, 4U);
  }
  EXPECT_EQ(service_.count("DeleteSnapshot"), 0);
  pending_.reset();
  pending_ = open();
  EXPECT_EQ(pending_->snapshot_id(), "snap-1") << "the next run finds what was recorded before";
  EXPECT_EQ(pending_->count(), 1U);
}

TEST_F(AnUpload, is_left_to_the_next_run_when_its_disk_cannot_be_read_now) {
  PlainDisk disk(0, 2);
  disk.is_broken = true;
  auto uploaded = run(disk);
  ASSERT_FALSE(uploaded);
  EXPECT_NE(uploaded.error().message.find("the same command goes on with us-west-2/snap-1"),
            std::string::npos);
  EXPECT_EQ(service_.count("DeleteSnapshot"), 0);
  service_.answers["DescribeSnapshots"] = {snapshots("pending"), snapshots("completed")};
  disk.is_broken = false;
  EXPECT_EQ(run(disk)->snapshot_id, "snap-1");
  EXPECT_EQ(service_.count("StartSnapshot"), 1);
}

TEST_F(AnUpload, leaves_alone_a_completed_snapshot_of_what_its_disk_was) {
  PlainDisk disk(0, 1);
  ASSERT_TRUE(run(disk));
  PlainDisk changed(0, 2);
  testing::internal::CaptureStderr();
  ASSERT_TRUE(run(changed));
  EXPECT_NE(
      testing::internal::GetCapturedStderr().find("us-west-2/snap-1 holds what the disk was, and stays"),
      std::string::npos);
  EXPECT_EQ(service_.count("DeleteSnapshot"), 0);
  EXPECT_EQ(service_.count("StartSnapshot"), 2);
  EXPECT_EQ(service_.count("PutSnapshotBlock"), 3);
  ASSERT_TRUE(run(changed));
  EXPECT_EQ(service_.count("CompleteSnapshot"), 2) << "what is completed is not completed again";
}

class AnUploadWhoseDiskChanged : public AnUpload {
 protected:
  /// The earlier run's snapshot was still pending when that ended.
  void SetUp() override {
    service_.answers["DescribeSnapshots"] = {snapshots("pending")};
    PlainDisk disk(0, 1);
    auto uploaded = run(disk, std::chrono::milliseconds(200));
    ASSERT_FALSE(uploaded);
    ASSERT_EQ(uploaded.error().exit, Exit::timed_out);
    ASSERT_TRUE(pending_->completion());
  }
  /// `states`: what DescribeSnapshots answers meanwhile.
  Outcome<Uploaded> run_again(std::deque<std::string> const& states) {
    service_.answers["DescribeSnapshots"] = states;
    PlainDisk changed(0, 2);
    return run(changed);
  }
};

TEST_F(AnUploadWhoseDiskChanged, leaves_alone_a_snapshot_that_was_completed_while_the_disk_was_read) {
  testing::internal::CaptureStderr();
  auto uploaded = run_again({snapshots("pending"), snapshots("completed")});
  auto const said = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(uploaded) << explain(uploaded.error());
  EXPECT_NE(said.find("us-west-2/snap-1 holds what the disk was, and stays"), std::string::npos) << said;
  EXPECT_EQ(service_.count("DeleteSnapshot"), 0);
  EXPECT_EQ(service_.count("StartSnapshot"), 2);
}

TEST_F(AnUploadWhoseDiskChanged, deletes_its_snapshot_that_is_still_pending) {
  auto uploaded = run_again({snapshots("pending"), snapshots("pending"), snapshots("completed")});
  ASSERT_TRUE(uploaded) << explain(uploaded.error());
  EXPECT_EQ(service_.count("DeleteSnapshot"), 1);
  EXPECT_EQ(service_.count("StartSnapshot"), 2);
}

TEST_F(AnUploadWhoseDiskChanged, deletes_nothing_where_it_cannot_see_whether_that_is_completed) {
  auto uploaded = run_again({snapshots("pending"), ec2_error("UnauthorizedOperation")});
  ASSERT_FALSE(uploaded);
  EXPECT_EQ(uploaded.error().code, "UnauthorizedOperation");
  EXPECT_EQ(service_.count("DeleteSnapshot"), 0);
  pending_.reset();
  EXPECT_EQ(open()->snapshot_id(), "snap-1") << "the next run finds it again";
}

TEST_F(AnUpload, that_was_completed_is_compared_with_its_disk_and_nothing_is_sent) {
  PlainDisk disk(1, 2);
  PlainDisk changed(2, 1);
  UploadOptions const options{"", {}, 1, 2, std::chrono::seconds(20), std::nullopt};
  auto session = service_.open();
  auto is_same = [&](Disk& now) {
    return is_unchanged(*session, now, options, *pending_, terminal_, "disk");
  };
  EXPECT_FALSE(is_same(disk).value()) << "nothing was completed";
  ASSERT_TRUE(run(disk));
  pending_.reset();
  pending_ = open();
  auto const asked = service_.actions();
  EXPECT_TRUE(is_same(disk).value());
  EXPECT_FALSE(is_same(changed).value());
  disk.is_broken = true;
  EXPECT_FALSE(is_same(disk)) << "what cannot be read is not known to be the same";
  EXPECT_EQ(service_.actions(), asked);
}

TEST_F(AnUpload, moves_also_while_it_reads_zeros) {
  PlainDisk disk(5, 1);
  disk.delay = std::chrono::milliseconds(600);
  service_.answers["PutSnapshotBlock"] = {kms_error("ThrottlingException"), "{}"};
  auto uploaded = run(disk, std::chrono::seconds(2));
  ASSERT_TRUE(uploaded) << explain(uploaded.error());
  EXPECT_EQ(service_.count("PutSnapshotBlock"), 2);
}

TEST_F(AnUpload, ends_at_once_where_its_account_is_full) {
  PlainDisk disk(0, 1);
  service_.answers["PutSnapshotBlock"] = {kms_error("ServiceQuotaExceededException")};
  auto uploaded = run(disk);
  ASSERT_FALSE(uploaded);
  EXPECT_EQ(uploaded.error().exit, Exit::temporary);
  EXPECT_FALSE(uploaded.error().retryable());
  EXPECT_EQ(service_.count("PutSnapshotBlock"), 1);
  EXPECT_EQ(service_.count("DeleteSnapshot"), 0) << "when there is room it goes on";
}

TEST_F(AnUpload, says_that_it_waits_for_an_answer) {
  PlainDisk disk(0, 1);
  service_.answers["PutSnapshotBlock"] = std::deque<std::string>(25, kNoAnswer);
  service_.answers["PutSnapshotBlock"].emplace_back("{}");
  Terminal lines(Format::table, ProgressStyle::lines, false);
  testing::internal::CaptureStderr();
  auto session = service_.open();
  auto uploaded = upload(*session, disk, {"", {}, 1, 1, std::chrono::seconds(20), std::nullopt}, *pending_,
                         lines, "disk");
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(uploaded);
  EXPECT_NE(said.find("no answer, trying again"), std::string::npos) << said;
}

TEST_F(AnUpload, does_not_mind_that_its_snapshot_is_not_seen_at_once) {
  PlainDisk disk(0, 1);
  service_.answers["DescribeSnapshots"] = {ec2_error("InvalidSnapshot.NotFound"), snapshots("completed")};
  auto uploaded = run(disk);
  EXPECT_TRUE(uploaded) << explain(uploaded.error());
}

TEST_F(AnUpload, that_is_refused_or_becomes_error_is_given_up) {
  PlainDisk disk(0, 1);
  service_.answers["DescribeSnapshots"] = {snapshots("error")};
  auto uploaded = run(disk);
  ASSERT_FALSE(uploaded);
  EXPECT_EQ(uploaded.error().exit, Exit::failed);
  EXPECT_EQ(service_.count("DeleteSnapshot"), 1);
  service_.answers["PutSnapshotBlock"] = {kms_error("ValidationException")};
  pending_ = open();
  EXPECT_EQ(run(disk).error().code, "ValidationException");
  EXPECT_EQ(service_.count("DeleteSnapshot"), 2);
}

TEST_F(AnUpload, says_nothing_of_a_snapshot_that_cannot_be_deleted_because_it_is_gone) {
  PlainDisk disk(0, 1);
  service_.answers["PutSnapshotBlock"] = {kms_error("ResourceNotFoundException")};
  service_.answers["DeleteSnapshot"] = {ec2_error("InvalidSnapshot.NotFound")};
  testing::internal::CaptureStderr();
  auto uploaded = run(disk);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(uploaded);
  EXPECT_EQ(uploaded.error().code, "ResourceNotFoundException");
  EXPECT_EQ(service_.count("DeleteSnapshot"), 1);
}

}  // namespace
}  // namespace argosy::cli
