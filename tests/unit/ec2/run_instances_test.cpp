#include "ec2/run_instances.h"

#include <gtest/gtest.h>

#include "catalogue/instances.h"
#include "catalogue/volumes.h"
#include "ec2/change_instances.h"
#include "support/machines.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

constexpr HostRoom kRoom{{100, 100, 100'000}, {}};

class RunInstancesTest : public testing::Test {
 protected:
  m::RunInstancesRequest wish() const {
    m::RunInstancesRequest out;
    out.image_id = image_.id;
    out.instance_type = "t3.nano";
    out.min_count = out.max_count = 1;
    return out;
  }
  Result<m::RunInstancesResponse> run(m::RunInstancesRequest const& request) {
    return region_.run([&](catalogue::Transaction& tx) {
      return run_instances(tx, tests::kOwner, region_.clock.now(), *region_.entropy, region_.keys, kRoom,
                           request);
    });
  }

  tests::Region region_{"us-east-1"};
  tests::Machines machines_{region_};
  images::Snapshot snapshot_ = region_.make_snapshot(tests::kOwner.account, {{5, tests::block(5)}});
  images::Image image_ = region_.make_image(tests::kOwner.account, "image", snapshot_.id);
};

TEST_F(RunInstancesTest, puts_a_volume_where_the_image_has_an_instance_store) {
  auto image = image_;
  image.id = make_resource_id(*region_.entropy, "ami-");
  image.name = "with an instance store";
  auto& store = image.mappings.emplace_back();
  store.device_name = "/dev/sdb";
  store.virtual_name = "ephemeral0";
  ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) { return catalogue::insert_image(tx, image); }));
  auto request = wish();
  request.image_id = image.id;
  auto& mapping = request.block_device_mapping.emplace_back();
  mapping.device_name = "/dev/sdb";
  mapping.ebs.emplace().volume_size = 100;
  auto const started = run(request);
  ASSERT_TRUE(started) << started.error().message;
  auto const volumes = *region_.run([&](catalogue::Transaction& tx) {
    return catalogue::list_attached_volumes(tx, *started->instances_set.front().instance_id, "/dev/sda1");
  });
  ASSERT_EQ(volumes.size(), 2U);
  EXPECT_EQ(volumes[1].device_name, "/dev/sdb");
  EXPECT_EQ(volumes[1].size_gib, 100);
}

TEST_F(RunInstancesTest, says_of_a_client_token_that_one_of_its_machines_is_gone) {
  auto request = wish();
  request.max_count = 2;
  request.client_token = "token";
  auto const first = run(request);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(first->instances_set.size(), 2U);
  auto const again = run(request);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->instances_set.size(), 2U);
  auto const last = *first->instances_set.back().instance_id;
  ASSERT_TRUE(machines_.launcher.step());
  ASSERT_TRUE(region_.run([&](catalogue::Transaction& tx) {
    return terminate_instances(tx, tests::kOwner, region_.clock.now(), {{last}, {}, {}, false});
  }));
  ASSERT_TRUE(machines_.launcher.step());
  EXPECT_EQ(run(request).error().code, "IdempotentInstanceTerminated");
  region_.clock.advance(instances::kShownAfterTermination + Duration(1));
  ASSERT_TRUE(machines_.launcher.step());
  auto const row =
      region_.run([&](catalogue::Transaction& tx) { return catalogue::find_instance(tx, last); });
  EXPECT_TRUE(row && !*row);
  EXPECT_EQ(run(request).error().code, "IdempotentInstanceTerminated");
}

}  // namespace
}  // namespace argosy::ec2
