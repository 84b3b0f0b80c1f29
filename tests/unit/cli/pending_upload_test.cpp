#include "cli/pending_upload.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/folder.h"

namespace argosy::cli {
namespace {

class PendingUploads : public testing::Test {
 protected:
  PendingUploads() { std::ofstream(disk_) << "disk"; }

  UploadIdentity identity() const {
    return {"127.0.0.1:1", "123456789012", "us-east-1", disk_, 1, 1, "about", {{"key", "value"}}, {}};
  }
  std::unique_ptr<PendingUpload> open(UploadIdentity const& identity) const {
    auto pending = PendingUpload::open(folder_ / "state", identity);
    EXPECT_TRUE(pending) << pending.error().message;
    return std::move(*pending);
  }

  tests::Folder const folder_;
  std::string const disk_ = folder_ / "disk.raw";
};

TEST_F(PendingUploads, are_found_again_with_all_that_was_recorded) {
  std::string token;
  {
    auto pending = open(identity());
    EXPECT_EQ(pending->snapshot_id(), "");
    token = pending->client_token();
    EXPECT_EQ(token.size(), 36U);
    EXPECT_TRUE(pending->record_snapshot("snap-1"));
    EXPECT_TRUE(pending->record_block(0));
    EXPECT_TRUE(pending->record_block(70'000));
  }
  {
    auto pending = open(identity());
    EXPECT_TRUE(pending->is_kept());
    EXPECT_EQ(pending->client_token(), token);
    EXPECT_EQ(pending->snapshot_id(), "snap-1");
    EXPECT_EQ(pending->count(), 2U);
    EXPECT_TRUE(pending->has(0) && pending->has(70'000));
    EXPECT_FALSE(pending->has(1) || pending->has(70'001));
    EXPECT_EQ(pending->completion(), std::nullopt);
    EXPECT_TRUE(pending->record_completion({2, "abcd"}));
  }
  EXPECT_EQ(open(identity())->completion(), (UploadSum{2, "abcd"}));
}

TEST_F(PendingUploads, are_others_for_another_disk_place_account_or_wish) {
  open(identity())->record_snapshot("snap-1").value();
  auto other = [&](auto change) {
    auto changed = identity();
    change(changed);
    return open(changed)->snapshot_id();
  };
  EXPECT_EQ(other([](auto&) {}), "snap-1");
  EXPECT_EQ(other([](auto& one) { one.endpoint = "127.0.0.1:2"; }), "");
  EXPECT_EQ(other([](auto& one) { one.account = "210987654321"; }), "");
  EXPECT_EQ(other([](auto& one) { one.region = "us-west-2"; }), "");
  EXPECT_EQ(other([](auto& one) { one.ordinal = 2; }), "");
  EXPECT_EQ(other([](auto& one) { one.volume_size_gib = 2; }), "");
  EXPECT_EQ(other([](auto& one) { one.description = "else"; }), "");
  EXPECT_EQ(other([](auto& one) { one.tags.clear(); }), "");
  EXPECT_EQ(other([](auto& one) { one.encryption.emplace(); }), "");
  EXPECT_EQ(other([](auto& one) { one.encryption = {"arn:aws:kms:us-east-1:123456789012:key/1"}; }), "");
  std::ofstream(disk_, std::ios::app) << "more";
  EXPECT_EQ(other([](auto&) {}), "");
}

TEST_F(PendingUploads, begin_anew_with_another_token) {
  auto pending = open(identity());
  auto token = pending->client_token();
  EXPECT_TRUE(pending->record_snapshot("snap-1"));
  EXPECT_TRUE(pending->restart());
  EXPECT_NE(pending->client_token(), token);
  EXPECT_EQ(pending->snapshot_id(), "");
  token = pending->client_token();
  pending.reset();
  pending = open(identity());
  EXPECT_EQ(pending->client_token(), token);
  pending->forget();
  pending.reset();
  EXPECT_NE(open(identity())->client_token(), token);
}

TEST_F(PendingUploads, leave_out_what_cannot_be_read) {
  open(identity())->record_block(3).value();
  for (auto const& entry : std::filesystem::directory_iterator(folder_ / "state"))
    std::ofstream(entry.path(), std::ios::app)
        << "99999999999999999999\n9999999999\nnonsense\ncomplete x\n4\n";
  auto pending = open(identity());
  EXPECT_TRUE(pending->has(3) && pending->has(4));
  EXPECT_EQ(pending->count(), 2U);
  EXPECT_EQ(pending->completion(), std::nullopt);
}

TEST_F(PendingUploads, are_kept_in_memory_where_nothing_can_be_written) {
  auto pending = PendingUpload::open("/proc/none", identity());
  ASSERT_TRUE(pending);
  EXPECT_FALSE((*pending)->is_kept());
  EXPECT_TRUE((*pending)->record_snapshot("snap-1"));
}

TEST_F(PendingUploads, of_long_ago_are_removed) {
  auto state = folder_ / "state";
  auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 30);
  std::filesystem::create_directories(state);
  for (auto name : {"/old.import", "/new.import", "/old.other"}) std::ofstream(state + name) << "x";
  for (auto name : {"/old.import", "/old.other"}) std::filesystem::last_write_time(state + name, old);
  open(identity());
  EXPECT_FALSE(std::filesystem::exists(state + "/old.import"));
  EXPECT_TRUE(std::filesystem::exists(state + "/new.import"));
  EXPECT_TRUE(std::filesystem::exists(state + "/old.other"));
}

}  // namespace
}  // namespace argosy::cli
