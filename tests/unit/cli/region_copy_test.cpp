#include "cli/region_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "http/server.h"

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
std::string error(std::string const& code) {
  return "<Response><Errors><Error><Code>" + code +
         "</Code><Message>no</Message></Error></Errors><RequestID>7</RequestID></Response>";
}

/// Answers each action from a list of its own, the last answer for ever, and remembers what was asked.
class ScriptedEc2 {
 public:
  std::map<std::string, std::deque<std::string>> answers{
      {"DescribeSnapshots",
       {"<R><snapshotSet><item><snapshotId>snap-1</snapshotId><progress>100%</progress><argosy>"
        "<copyBytesTotal>100</copyBytesTotal><copyBytesDone>100</copyBytesDone><copyBytesMoved>30</"
        "copyBytesMoved>"
        "</argosy></item></snapshotSet></R>"}},
      {"ModifyImageAttribute", {kDone}},
      {"ModifySnapshotAttribute", {kDone}},
      {"CreateTags", {kDone}},
      {"DeregisterImage", {kDone}}};

  ScriptedEc2() {
    server_ = *http::Server::start(
        {}, [this](http::Request const& request) { return answer(request); },
        [](int status, std::string_view) {
          return http::Response{status, {}, {}, {}};
        });
    settings_.endpoint_urls["ec2"] = "http://127.0.0.1:" + std::to_string(server_->port());
    settings_.credentials = remote::Credentials{"AKIATEST", "secret", std::nullopt};
    settings_.patience = std::chrono::seconds(20);
    settings_.max_attempts = 1;
    order.source_region = "us-east-1";
    order.source_image_id = "ami-0000000000000000a";
    order.name = "web";
  }

  CopyResult copy() {
    Terminal terminal(Format::table, ProgressStyle::none, true);
    UnderWay under_way;
    auto result = copy_to_region(settings_, order, "us-west-2", terminal, under_way);
    EXPECT_TRUE(under_way.all().empty());
    return result;
  }

  int count(std::string const& action) const {
    return static_cast<int>(std::ranges::count_if(
        requests_, [&](auto const& pairs) { return wire::find_pair(pairs, "Action") == action; }));
  }
  /// Of the last request with that action; empty if it had no such parameter.
  std::string parameter(std::string const& action, std::string const& name) const {
    std::string value;
    for (auto const& pairs : requests_)
      if (wire::find_pair(pairs, "Action") == action) value = wire::find_pair(pairs, name).value_or("");
    return value;
  }

  CopyOrder order;

 private:
  http::Response answer(http::Request const& request) {
    auto pairs = *wire::parse_form(as_text(request.body));
    requests_.push_back(pairs);  // one call at a time: a copy into one region has one thread
    auto& list = answers[std::string(*wire::find_pair(pairs, "Action"))];
    auto text = list.empty() ? error("InvalidAction") : list.front();
    if (list.size() > 1) list.pop_front();
    return {text.contains("<Errors>") ? 400 : 200, {}, to_bytes(as_bytes(text)), {}};
  }

  Settings settings_;
  std::vector<wire::Pairs> requests_;
  std::unique_ptr<http::Server> server_;
};

TEST(RegionCopy, is_made_followed_and_counted) {
  ScriptedEc2 ec2;
  ec2.order.tags = {{"k", "v"}};
  ec2.answers["DescribeImages"] = {kNoImages, error("InvalidAMIID.NotFound"), images(kImageId, "pending"),
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

TEST(RegionCopy, of_a_faster_run_is_taken_over) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {kNoImages, images(kImageId, "pending"), images(kImageId, "available")};
  ec2.answers["CopyImage"] = {error("InvalidAMIName.Duplicate")};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_TRUE(result.was_begun);
  EXPECT_FALSE(result.was_there);
}

TEST(RegionCopy, reports_a_name_that_another_image_has) {
  ScriptedEc2 ec2;
  ec2.answers["DescribeImages"] = {kNoImages};
  ec2.answers["CopyImage"] = {error("InvalidAMIName.Duplicate")};
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
  ec2.answers["DescribeImages"] = {kNoImages};
  ec2.answers["CopyImage"] = {kCopyImage};
  auto result = ec2.copy();
  ASSERT_FALSE(result.failure) << result.failure->message;
  EXPECT_EQ(result.progress.state, "pending");
  EXPECT_EQ(ec2.count("DescribeImages"), 1);
}

}  // namespace
}  // namespace argosy::cli
