// What is wrong whatever exists is refused by a dry run, too.
#include "ec2/dry_run.h"

#include <gtest/gtest.h>

#include "ec2/capture_volumes.h"
#include "ec2/change_instances.h"
#include "ec2/describe_instances.h"
#include "ec2/key_pairs.h"
#include "ec2/run_instances.h"
#include "support/machines.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

constexpr auto* kInstance = "i-0123456789abcdef0";
constexpr auto* kPassed = "DryRunOperation";

m::BlockDeviceMapping volume(std::optional<std::string> const& device,
                             std::optional<std::string> const& type = {},
                             std::optional<std::int32_t> iops = {}) {
  m::BlockDeviceMapping out;
  out.device_name = device;
  out.ebs.emplace().volume_type = type;
  out.ebs->iops = iops;
  return out;
}

class DryRunTest : public testing::Test {
 protected:
  std::string create_image(std::vector<m::BlockDeviceMapping> const& mappings) {
    m::CreateImageRequest request;
    request.instance_id = kInstance;
    request.name = "image";
    request.block_device_mapping = mappings;
    request.dry_run = true;
    CaptureRegion const region{region_.catalogue, region_.keys,       region_.master_keys,
                               *region_.entropy,  machines_.launcher, machines_.captures};
    return ec2::create_image(region, tests::kOwner, region_.clock.now(), request).error().code;
  }
  std::string run_instances(m::BlockDeviceMapping const& mapping) {
    m::RunInstancesRequest request;
    request.image_id = "ami-0123456789abcdef0";
    request.min_count = request.max_count = 1;
    request.block_device_mapping = {mapping};
    request.dry_run = true;
    auto const done = region_.run([&](catalogue::Transaction& tx) {
      return ec2::run_instances(tx, tests::kOwner, region_.clock.now(), *region_.entropy, region_.keys, {},
                                request);
    });
    return done.error().code;
  }
  std::string describe_attribute(std::string const& attribute) {
    m::DescribeInstanceAttributeRequest request;
    request.instance_id = kInstance;
    request.attribute = attribute;
    request.dry_run = true;
    auto const done = region_.run([&](catalogue::Transaction& tx) {
      return describe_instance_attribute(tx, tests::kOwner, "us-east-1", request);
    });
    return done.error().code;
  }
  std::string describe_key_pairs(std::size_t names) {
    m::DescribeKeyPairsRequest request;
    request.key_name.assign(names, "a key");
    request.dry_run = true;
    auto const done = region_.run(
        [&](catalogue::Transaction& tx) { return ec2::describe_key_pairs(tx, tests::kOwner, request, ""); });
    return done.error().code;
  }
  std::string modify_attribute(std::string const& attribute, std::string const& value) {
    m::ModifyInstanceAttributeRequest request;
    request.instance_id = kInstance;
    request.attribute = attribute;
    request.value = value;
    request.dry_run = true;
    auto const done = region_.run(
        [&](catalogue::Transaction& tx) { return modify_instance_attribute(tx, tests::kOwner, request); });
    return done.error().code;
  }

  tests::Region region_{"us-east-1"};
  tests::Machines machines_{region_};
};

TEST_F(DryRunTest, of_a_list_of_key_pairs_counts_what_is_named) {
  EXPECT_EQ(describe_key_pairs(1'000), kPassed);
  EXPECT_EQ(describe_key_pairs(1'001), "InvalidParameterValue");
}

TEST_F(DryRunTest, of_create_image_looks_at_its_mappings) {
  EXPECT_EQ(create_image({volume("/dev/sdf", "gp3", 3'000), volume("/dev/sdg")}), kPassed);
  EXPECT_EQ(create_image({volume({})}), "MissingParameter");
  EXPECT_EQ(create_image({volume("/dev/sdf"), volume("/dev/sdf")}), "InvalidBlockDeviceMapping");
  EXPECT_EQ(create_image({volume("/dev/sdf", "floppy")}), "InvalidParameterValue");
  EXPECT_EQ(create_image({volume("/dev/sdf", "gp2", 3'000)}), "InvalidParameterCombination");
  m::BlockDeviceMapping nothing;
  nothing.device_name = "/dev/sdf";
  EXPECT_EQ(create_image({nothing}), "InvalidBlockDeviceMapping");
  nothing.no_device = "";
  EXPECT_EQ(create_image({nothing}), kPassed);
}

TEST_F(DryRunTest, of_run_instances_looks_at_types_of_volumes) {
  EXPECT_EQ(run_instances(volume("/dev/sdf", "gp3", 3'000)), kPassed);
  EXPECT_EQ(run_instances(volume("/dev/sdf", {}, 3'000)), kPassed) << "of the type that the image says";
  EXPECT_EQ(run_instances(volume("/dev/sdf", "floppy")), "InvalidParameterValue");
  EXPECT_EQ(run_instances(volume("/dev/sdf", "gp2", 3'000)), "InvalidParameterCombination");
}

TEST_F(DryRunTest, of_an_attribute_of_an_instance_looks_at_its_name_and_value) {
  EXPECT_EQ(describe_attribute("userData"), kPassed);
  EXPECT_EQ(describe_attribute("mood"), "InvalidParameterValue");
  EXPECT_EQ(modify_attribute("disableApiStop", "true"), kPassed);
  EXPECT_EQ(modify_attribute("disableApiStop", "perhaps"), "InvalidParameterValue");
  EXPECT_EQ(modify_attribute("userData", "no base64!"), "InvalidParameterValue");
  EXPECT_EQ(modify_attribute("kernel", "aki-1"), "UnsupportedOperation");
}

}  // namespace
}  // namespace argosy::ec2
