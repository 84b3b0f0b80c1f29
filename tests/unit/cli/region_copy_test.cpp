#include "cli/region_copy.h"

#include <gtest/gtest.h>

#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

constexpr char const* kImageId = "ami-00000000000000001";
constexpr char const* kCopyImage =
    "<CopyImageResponse><imageId>ami-00000000000000001</imageId></CopyImageResponse>";
constexpr char const* kNoImages = "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>";
constexpr char const* kDone = "<R><return>true</return></R>";

std::string images(std::string const& id, std::string const& state) {
  return "<DescribeImagesResponse><imagesSet><item><imageId>" + id + "</imageId><imageState>" + state +
         "</imageState><stateReason><code>x</code><message>the source is gone</message></stateReason>"
         "<blockDeviceMapping><item><ebs><snapshotId>snap-1</snapshotId></ebs></item></blockDeviceMapping>"
         "</item></imagesSet></DescribeImagesResponse>";
}

class ScriptedEc2 : public ScriptedService {
 public:
  ScriptedEc2() {
    answers = {{"DescribeSnapshots",
                {"<R><snapshotSet><item><snapshotId>snap-1</snapshotId><progress>100%</progress><argosy>"
                 "<copyBytesTotal>100</copyBytesTotal><copyBytesDone>100</copyBytesDone><copyBytesMoved>30</"
                 "copyBytesMoved>"
                 "</argosy></item></snapshotSet></R>"}},
               {"ModifyImageAttribute", {kDone}},
               {"ModifySnapshotAttribute", {kDone}},
               {"CreateTags", {kDone}},
               {"DeregisterImage", {kDone}}};
    order.source_region = "us-east-1";
    order.source_image_id = "ami-0000000000000000a";
    order.name = "web";
  }

  CopyResult copy() {
    Terminal terminal(Format::table, ProgressStyle::none, true);
    UnderWay under_way;
    auto result = copy_to_region(settings, order, "us-west-2", terminal, under_way);
    EXPECT_TRUE(under_way.all().empty());
    return result;
  }

  CopyOrder order;
};

TEST(RegionCopy, is_made_followed_and_counted) {
  ScriptedEc2 ec2;
  ec2.order.tags = {{"k", "v"}};
  ec2.answers["DescribeImages"] = {kNoImages, ec2_error("InvalidAMIID.NotFound"), images(kImageId, "pending"),
                                   images(kImageId, "available")};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(result.image_id, kImageId);
  EXPECT_FALSE(result.was_begun);
  EXPECT_EQ(result.progress.bytes_moved, 30U);
  EXPECT_EQ(ec2.parameter("CopyImage", "SourceRegion"), "us-east-1");
  EXPECT_EQ(ec2.parameter("CopyImage", "TagSpecification.2.ResourceType"), "snapshot");
  EXPECT_EQ(ec2.parameter("CopyImage", "ClientToken").size(), 36U);
  EXPECT_EQ(ec2.count("CreateTags"), 0);
  EXPECT_EQ(ec2.count("ModifyImageAttribute"), 0);
}

TEST(RegionCopy, that_is_there_is_taken_over_tagged_and_shared) {
  ScriptedEc2 ec2;
  ec2.order.tags = {{"k", "v"}};
  ec2.order.audience.accounts = {"123456789012"};
  ec2.order.allow_copy = true;
  ec2.answers["DescribeImages"] = {images(kImageId, "available")};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_TRUE(result.was_there);
  EXPECT_EQ(ec2.count("CopyImage"), 0);
  EXPECT_EQ(ec2.parameter("CreateTags", "ResourceId.2"), kImageId);
  EXPECT_EQ(ec2.parameter("ModifyImageAttribute", "LaunchPermission.Add.1.UserId"), "123456789012");
  EXPECT_EQ(ec2.parameter("ModifySnapshotAttribute", "SnapshotId"), "snap-1");
  EXPECT_EQ(ec2.parameter("ModifySnapshotAttribute", "CreateVolumePermission.Add.1.UserId"), "123456789012");
}

TEST(RegionCopy, that_failed_before_is_deregistered_and_made_anew) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {images("ami-00000000000000000", "failed"), images(kImageId, "available")};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(ec2.parameter("DeregisterImage", "ImageId"), "ami-00000000000000000");
  EXPECT_EQ(result.image_id, kImageId);
}

TEST(RegionCopy, that_failed_before_is_made_anew_also_where_it_is_gone_when_it_is_to_go) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {images("ami-00000000000000000", "failed"), images(kImageId, "available")};
  ec2.answers["DeregisterImage"] = {ec2_error("InvalidAMIID.Unavailable")};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(result.image_id, kImageId);
}

TEST(RegionCopy, that_failed_before_is_made_anew_when_its_name_is_free) {
  ScriptedEc2 ec2;
  auto const failed = images("ami-00000000000000000", "failed");
  ec2.answers["DescribeImages"] = {failed, failed, images("ami-00000000000000000", "deregistered"),
                                   images(kImageId, "available")};
  ec2.answers["CopyImage"] = {ec2_error("InvalidAMIName.Duplicate"), ec2_error("InvalidAMIName.Duplicate"),
                              kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(result.image_id, kImageId);
  EXPECT_FALSE(result.was_begun);
  EXPECT_EQ(ec2.count("CopyImage"), 3);
}

TEST(RegionCopy, that_was_deregistered_is_not_taken_over) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {images("ami-00000000000000000", "deregistered"),
                                   images(kImageId, "available")};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(result.image_id, kImageId);
  EXPECT_EQ(ec2.count("CopyImage"), 1);
  EXPECT_EQ(ec2.count("DeregisterImage"), 0);
}

TEST(RegionCopy, of_a_faster_run_is_taken_over) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {kNoImages, images(kImageId, "pending"), images(kImageId, "available")};
  ec2.answers["CopyImage"] = {ec2_error("InvalidAMIName.Duplicate")};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_TRUE(result.was_begun);
  EXPECT_FALSE(result.was_there);
}

constexpr char const* kKeyArn = "arn:aws:kms:us-west-2:123456789012:key/0d990263-018e-4e65-a703-eff731de951e";

TEST(RegionCopy, that_is_there_and_disabled_is_found_and_said) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {images(kImageId, "disabled")};
  auto result = ec2.copy();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->exit, Exit::refused);
  EXPECT_NE(result.failure->message.find("enable-image"), std::string::npos);
  EXPECT_EQ(ec2.parameter("DescribeImages", "IncludeDisabled"), "true");
  EXPECT_EQ(ec2.count("CopyImage"), 0);
}

TEST(RegionCopy, is_encrypted_under_the_key_of_its_region) {
  ScriptedEc2 ec2;
  ec2.order.encrypt = true;
  ec2.order.keys = {{"us-west-2", kKeyArn}, {"eu-west-1", "another"}};
  ec2.order.detach = true;
  ec2.answers["DescribeImages"] = {kNoImages};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(ec2.parameter("CopyImage", "Encrypted"), "true");
  EXPECT_EQ(ec2.parameter("CopyImage", "KmsKeyId"), kKeyArn);
}

TEST(RegionCopy, that_is_there_unencrypted_is_not_taken_for_an_encrypted_one) {
  ScriptedEc2 ec2;
  ec2.order.encrypt = true;
  ec2.answers["DescribeImages"] = {images(kImageId, "available")};
  auto result = ec2.copy();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->exit, Exit::refused);
  EXPECT_EQ(ec2.count("CopyImage"), 0);
}

TEST(RegionCopy, that_is_there_under_another_key_is_not_taken_over) {
  ScriptedEc2 ec2;
  ec2.order.encrypt = true;
  ec2.order.keys = {{"us-west-2", kKeyArn}};
  auto encrypted = images(kImageId, "available");
  encrypted.replace(encrypted.find("<ebs>"), 5, "<ebs><encrypted>true</encrypted>");
  ec2.answers["DescribeImages"] = {encrypted};
  auto result = ec2.copy();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->exit, Exit::refused);
  auto snapshot = std::string("<R><snapshotSet><item><snapshotId>snap-1</snapshotId><kmsKeyId>") + kKeyArn +
                  "</kmsKeyId></item></snapshotSet></R>";
  ec2.answers["DescribeSnapshots"] = {snapshot};
  EXPECT_FALSE(ec2.copy().failure) << "under the same key it is";
}

/// As AWS describes a copy under way.
constexpr char const* kPendingWithoutDisks =
    "<DescribeImagesResponse><imagesSet><item><imageId>ami-00000000000000001</imageId>"
    "<imageState>pending</imageState></item></imagesSet></DescribeImagesResponse>";

TEST(RegionCopy, that_turns_out_to_be_unencrypted_when_it_is_there_is_not_shared) {
  ScriptedEc2 ec2;
  ec2.order.encrypt = true;
  ec2.order.tags = {{"k", "v"}};
  ec2.order.audience.accounts = {"123456789012"};
  ec2.answers["DescribeImages"] = {kPendingWithoutDisks, images(kImageId, "available")};
  auto result = ec2.copy();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->exit, Exit::refused);
  EXPECT_EQ(ec2.count("CreateTags"), 0);
  EXPECT_EQ(ec2.count("ModifyImageAttribute"), 0);
}

TEST(RegionCopy, reports_a_name_that_another_image_has) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {kNoImages};
  ec2.answers["CopyImage"] = {ec2_error("InvalidAMIName.Duplicate")};
  auto result = ec2.copy();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->code, "InvalidAMIName.Duplicate");
  EXPECT_EQ(result.failure->request_id, "7");
  EXPECT_TRUE(to_json(result)["image_id"].is_null());
  EXPECT_TRUE(to_json(result)["state"].is_null());
}

TEST(RegionCopy, that_fails_says_why) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {kNoImages, images(kImageId, "pending"), images(kImageId, "failed")};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->exit, Exit::failed);
  EXPECT_NE(result.failure->message.find("the source is gone"), std::string::npos);
  EXPECT_EQ(to_json(result)["state"], "failed");
}

TEST(RegionCopy, ends_at_once_when_detached) {
  ScriptedEc2 ec2;
  ec2.order.detach = true;
  ec2.order.tags = {{"k", "v"}};
  ec2.answers["DescribeImages"] = {kNoImages};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(result.progress.state, "pending");
  EXPECT_EQ(ec2.count("DescribeImages"), 1);
  EXPECT_EQ(ec2.count("CreateTags"), 0);
}

TEST(RegionCopy, that_is_there_or_on_its_way_is_tagged_and_told_as_it_is_when_detached) {
  for (auto const* state : {"pending", "available"}) {
    ScriptedEc2 ec2;
    ec2.order.detach = true;
    ec2.order.tags = {{"k", "v"}};
    ec2.answers["DescribeImages"] = {images(kImageId, state)};
    auto result = ec2.copy();
    ASSERT_FALSE(result.failure) << result.failure->message;
    EXPECT_EQ(ec2.count("DescribeImages"), 1);
    EXPECT_EQ(ec2.parameter("CreateTags", "ResourceId.1"), "snap-1");
    EXPECT_EQ(ec2.parameter("CreateTags", "ResourceId.2"), kImageId);
    auto const told = to_json(result);
    EXPECT_EQ(told.at("state"), state);
    EXPECT_EQ(told.at("snapshot_ids"), (boost::json::array{"snap-1"}));
    EXPECT_EQ(told.at("bytes_done"), 100U);
    EXPECT_EQ(result.was_there, std::string(state) == "available");
  }
}

}  // namespace
}  // namespace argosy::cli
