#include "ec2/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "catalogue/instances.h"
#include "catalogue/key_pairs.h"
#include "catalogue/tags.h"
#include "ec2/describe_images.h"
#include "ec2/describe_instances.h"
#include "ec2/describe_snapshots.h"
#include "ec2/key_pairs.h"
#include "ec2/tags.h"
#include "images/encryption.h"
#include "images/rules.h"
#include "support/region.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using catalogue::Transaction;
using Names = std::set<std::string>;

constexpr std::size_t kCount = 20;

/// A text that is as long in XML as one of so many characters can be.
std::string longest(std::size_t characters) { return std::string(characters, '"'); }

class Pages : public testing::Test {
 protected:
  void tag(std::string const& resource) {
    std::vector<images::Tag> tags;
    for (std::size_t i = 0; i < images::kMaxTags; ++i)
      tags.push_back({longest(126) + std::to_string(10 + i), longest(256)});
    ASSERT_TRUE(images::check_tags(tags));
    ASSERT_TRUE(region_.run(
        [&](Transaction& tx) { return catalogue::save_tags(tx, tests::kOwner.account, resource, tags); }));
  }
  /// With as much as an image may have.
  std::string insert_image() {
    images::Image image;
    image.id = make_resource_id(*region_.entropy, "ami-");
    image.owner = tests::kOwner.account;
    image.name = image.id;
    image.description = longest(255);
    image.created = region_.clock.now();
    image.kernel_id = image.ramdisk_id = longest(images::kMaxShortNameBytes);
    images::Mapping mapping;
    mapping.device_name = longest(images::kMaxShortNameBytes);
    image.mappings.assign(images::kMaxMappings, mapping);
    EXPECT_TRUE(region_.run([&](Transaction& tx) { return catalogue::insert_image(tx, image); }));
    tag(image.id);
    return image.id;
  }
  /// All launched at one moment, after all that were launched before.
  std::string insert_reservation(std::size_t count) {
    region_.clock.advance(Duration{1});
    auto const reservation = make_resource_id(*region_.entropy, "r-");
    for (std::size_t i = 0; i < count; ++i) {
      instances::Instance instance;
      instance.id = make_resource_id(*region_.entropy, "i-");
      instance.account = tests::kOwner.account;
      instance.reservation_id = reservation;
      instance.created = region_.clock.now();
      instance.address = "127.64.0." + std::to_string(++instances_);
      EXPECT_TRUE(region_.run([&](Transaction& tx) { return catalogue::insert_instance(tx, instance, {}); }));
      tag(instance.id);
    }
    return reservation;
  }
  /// Goes on to the end; `describe(tx, request)` gives a page, `name_of` the name of an item of its `list`.
  template <class Request, class Describe, class List, class NameOf>
  Names read(Request& request, Describe const& describe, List list, NameOf const& name_of) {
    Names out;
    do {
      auto const page = region_.run([&](Transaction& tx) { return describe(tx, request); });
      EXPECT_TRUE(page) << page.error().message;
      if (!page) return out;
      EXPECT_LT(wire::encode_xml(*page, wire::Naming::lower_camel).size(), 2 * kPageBytes);
      for (auto const& item : (*page).*list) EXPECT_TRUE(out.insert(name_of(item)).second) << "twice";
      request.next_token = page->next_token;
      ++pages_;
    } while (request.next_token);
    return out;
  }
  Names read_images(m::DescribeImagesRequest& request) {
    return read(
        request,
        [&](Transaction& tx, m::DescribeImagesRequest const& asked) {
          return describe_images(tx, tests::kOwner, region_.clock.now(), key_, asked);
        },
        &m::DescribeImagesResponse::images_set, [](m::Image const& image) { return *image.image_id; });
  }

  tests::Region region_{"us-east-1"};
  crypto::Key const key_ = crypto::Key::random(*region_.entropy);
  std::size_t pages_ = 0;
  std::size_t instances_ = 0;
};

TEST_F(Pages, of_the_largest_images_are_bounded_and_together_the_whole_list) {
  Names made;
  while (made.size() < kCount) made.insert(insert_image());
  m::DescribeImagesRequest request;
  EXPECT_EQ(read_images(request), made);
  EXPECT_GT(pages_, 2U);
  request.max_results = 2;
  pages_ = 0;
  EXPECT_EQ(read_images(request), made);
  EXPECT_GE(pages_, kCount / 2) << "none holds more than was asked for";
}

TEST_F(Pages, of_named_images_go_on_when_one_of_them_is_gone) {
  m::DescribeImagesRequest request;
  for (std::size_t i = 0; i < kCount; ++i) request.image_id.push_back(insert_image());
  auto const first = region_.run([&](Transaction& tx) {
    return describe_images(tx, tests::kOwner, region_.clock.now(), key_, request);
  });
  ASSERT_TRUE(first);
  ASSERT_TRUE(first->next_token);
  Names seen;
  for (auto const& image : first->images_set) seen.insert(*image.image_id);
  auto const gone =
      std::ranges::find_if(request.image_id, [&](auto const& id) { return !seen.contains(id); });
  ASSERT_TRUE(region_.run([&](Transaction& tx) -> Result<void> {
    auto image = TRY(catalogue::find_image(tx, *gone));
    image.state = images::ImageState::deregistered;
    return catalogue::save_image(tx, image);
  }));
  request.next_token = first->next_token;
  seen.merge(read_images(request));
  EXPECT_EQ(seen.size(), kCount - 1);
  EXPECT_FALSE(seen.contains(*gone));
}

TEST_F(Pages, of_the_largest_snapshots_are_bounded) {
  Names made;
  while (made.size() < kCount) {
    images::Snapshot snapshot;
    snapshot.id = make_resource_id(*region_.entropy, "snap-");
    snapshot.owner = tests::kOwner.account;
    snapshot.encrypted = true;
    snapshot.kms_key = longest(images::kMaxKeyNameBytes);
    ASSERT_TRUE(region_.run([&](Transaction& tx) { return catalogue::insert_snapshot(tx, snapshot); }));
    tag(snapshot.id);
    made.insert(snapshot.id);
  }
  m::DescribeSnapshotsRequest request;
  auto const found = read(
      request,
      [&](Transaction& tx, m::DescribeSnapshotsRequest const& asked) {
        return describe_snapshots(tx, tests::kOwner, key_, asked);
      },
      &m::DescribeSnapshotsResponse::snapshot_set,
      [](m::Snapshot const& snapshot) { return *snapshot.snapshot_id; });
  EXPECT_EQ(found, made);
  EXPECT_GT(pages_, 1U);
}

TEST_F(Pages, of_the_largest_instances_hold_whole_reservations) {
  constexpr std::size_t kEach = 12;  // on less than two pages, and on more than one
  Names made;
  while (made.size() < 3) made.insert(insert_reservation(kEach));
  m::DescribeInstancesRequest request;
  auto const found = read(
      request,
      [&](Transaction& tx, m::DescribeInstancesRequest const& asked) {
        return describe_instances(tx, tests::kOwner, region_.name, key_, asked);
      },
      &m::DescribeInstancesResponse::reservation_set,
      [&](m::Reservation const& reservation) {
        EXPECT_EQ(reservation.instances_set.size(), kEach);
        return *reservation.reservation_id;
      });
  EXPECT_EQ(found, made);
  EXPECT_EQ(pages_, made.size());
}

TEST_F(Pages, of_instances_hold_no_more_than_was_asked_for) {
  constexpr std::size_t kEach = 7;
  insert_reservation(kEach);
  insert_reservation(kEach);
  m::DescribeInstancesRequest request;
  request.max_results = 5;
  std::vector<std::size_t> sizes;
  do {
    auto const page = region_.run(
        [&](Transaction& tx) { return describe_instances(tx, tests::kOwner, region_.name, key_, request); });
    ASSERT_TRUE(page) << page.error().message;
    sizes.push_back(0);
    for (auto const& reservation : page->reservation_set) sizes.back() += reservation.instances_set.size();
    request.next_token = page->next_token;
  } while (request.next_token);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{5, 5, 4}));
}

TEST_F(Pages, of_the_largest_tags_are_bounded) {
  for (std::size_t i = 0; i < kCount; ++i) tag(make_resource_id(*region_.entropy, "ami-"));
  m::DescribeTagsRequest request;
  auto const found = read(
      request,
      [&](Transaction& tx, m::DescribeTagsRequest const& asked) {
        return describe_tags(tx, tests::kOwner, key_, asked);
      },
      &m::DescribeTagsResponse::tag_set,
      [](m::TagDescription const& row) { return *row.resource_id + *row.key; });
  EXPECT_EQ(found.size(), kCount * images::kMaxTags);
  EXPECT_GT(pages_, 1U);
}

TEST_F(Pages, of_key_pairs_are_bounded_and_together_the_whole_list) {
  Names made;
  while (made.size() < 100) {
    instances::KeyPair pair;
    pair.id = make_resource_id(*region_.entropy, "key-");
    pair.name = "pair " + std::to_string(made.size());
    pair.public_key = longest(16'384);
    ASSERT_TRUE(region_.run(
        [&](Transaction& tx) { return catalogue::insert_key_pair(tx, tests::kOwner.account, pair); }));
    made.insert(pair.name);
  }
  m::DescribeKeyPairsRequest request;
  request.include_public_key = true;
  Names found;
  std::optional<std::string> after = "";
  for (; after; ++pages_) {
    auto const page =
        region_.run([&](Transaction& tx) { return describe_key_pairs(tx, tests::kOwner, request, *after); });
    ASSERT_TRUE(page);
    EXPECT_LE(page->key_set.size(), kPageBytes / (6 * 16'384) + 1);
    for (auto const& pair : page->key_set) EXPECT_TRUE(found.insert(*pair.key_name).second) << "twice";
    after = page->next_token;
  }
  EXPECT_EQ(found, made);
  EXPECT_GT(pages_, 2U);
}

}  // namespace
}  // namespace argosy::ec2
