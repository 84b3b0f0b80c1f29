#include "cli/encryption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char const* kDefault = "alias/aws/ebs";
SourceDisks const kPlain{false, false, true, {}};
SourceDisks const kSealed{true, true, true, {"arn:s"}};
SourceDisks const kForeign{true, true, false, {"arn:s"}};

std::vector<std::string> choose(SourceDisks const& source, EncryptionWish const& wish,
                                bool by_default = false) {
  return choose_keys(source, wish, by_default, kDefault);
}

TEST(KeysOfACopy, are_none_where_nothing_encrypts_it) {
  EXPECT_THAT(choose(kPlain, {false, "", false}), IsEmpty());
  EXPECT_THAT(choose(kPlain, {false, "", true}), IsEmpty());
}

TEST(KeysOfACopy, are_the_default_where_encryption_is_added_or_the_key_stays_behind) {
  EXPECT_THAT(choose(kPlain, {true, "", false}), ElementsAre(kDefault));
  EXPECT_THAT(choose(kPlain, {false, "", false}, true), ElementsAre(kDefault));
  EXPECT_THAT(choose(kSealed, {false, "", false}), ElementsAre(kDefault));
  EXPECT_THAT(choose(kForeign, {false, "", true}), ElementsAre(kDefault));
}

TEST(KeysOfACopy, stay_the_sources_within_its_account_and_region) {
  EXPECT_THAT(choose(kSealed, {false, "", true}), ElementsAre("arn:s"));
  EXPECT_THAT(choose(kSealed, {true, "", true}), ElementsAre("arn:s"));
  SourceDisks const mixed{true, false, true, {"arn:s"}};
  EXPECT_THAT(choose(mixed, {true, "", true}), ElementsAre("arn:s", kDefault));
  EXPECT_THAT(choose(mixed, {false, "", true}), ElementsAre("arn:s"));
}

TEST(KeysOfACopy, are_the_one_that_is_named) {
  for (auto const& source : {kPlain, kSealed, kForeign})
    EXPECT_THAT(choose(source, {true, "alias/k", true}, true), ElementsAre("alias/k"));
}

TEST(Disks, are_described_by_the_image_and_its_snapshots) {
  ec2::Image image;
  image.image_owner_id = "123456789012";
  image.block_device_mapping.resize(2);
  image.block_device_mapping[0].ebs.emplace().encrypted = true;
  image.block_device_mapping[1].ebs.emplace();
  std::vector<ec2::Snapshot> snapshots(2);
  snapshots[0].kms_key_id = "arn:s";
  auto disks = describe_disks(image, snapshots, "123456789012");
  EXPECT_TRUE(disks.any_encrypted);
  EXPECT_FALSE(disks.all_encrypted);
  EXPECT_TRUE(disks.own);
  EXPECT_THAT(disks.keys, ElementsAre("arn:s"));
  EXPECT_FALSE(describe_disks(image, snapshots, "000000000001").own);
}

TEST(Checks, without_obstacles_let_the_work_begin) {
  Terminal terminal(Format::table, ProgressStyle::none, true);
  EXPECT_TRUE(stop_at_obstacles({{"us-west-2", {"", {}, {"a note"}}}}, terminal));
}

TEST(Checks, name_every_obstacle_with_its_region_and_remedy) {
  Terminal terminal(Format::table, ProgressStyle::none, true);
  auto stopped = stop_at_obstacles(
      {{"us-west-2", {"", {{"no key", "make one"}}, {}}}, {"eu-west-1", {"", {{"closed", "open it"}}, {}}}},
      terminal);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().exit, Exit::refused);
  EXPECT_EQ(stopped.error().message,
            "nothing was started:\n  eu-west-1: closed\n    open it\n  us-west-2: no key\n    make one");
}

}  // namespace
}  // namespace argosy::cli
