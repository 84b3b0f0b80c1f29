#include "catalogue/listing.h"

#include <gtest/gtest.h>

#include "catalogue/tags.h"
#include "support/region.h"

namespace argosy::catalogue {
namespace {

using tests::kOwner;
using tests::kRecipient;
using tests::kStranger;

class ListingTest : public testing::Test {
 protected:
  std::string add(std::string const& account, std::string const& name) {
    region_.clock.advance(Duration{1});
    return region_.make_image(account, name, "snap-00000000").id;
  }
  std::vector<std::string> names(Selection const& selection, std::size_t limit = 100,
                                 Position const& after = {}) {
    auto found = region_.run([&](Transaction& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> out;
      auto positions = TRY(list_images(tx, selection, after, limit));
      for (auto const& position : positions) {
        last_ = position;
        out.push_back(TRY(find_image(tx, position.id)).name);
      }
      return out;
    });
    EXPECT_TRUE(found) << found.error().message;
    return *found;
  }
  std::vector<std::string> filtered(std::string const& filter, std::vector<std::string> const& values) {
    Selection selection;
    selection.account = kOwner.account;
    selection.branches = {Branch::own};
    selection.filters = {{filter, values}};
    return names(selection);
  }
  static Selection all_of(access::Caller const& caller) {
    Selection selection;
    selection.account = caller.account;
    selection.branches = {Branch::own, Branch::shared, Branch::everybody};
    return selection;
  }
  using Names = std::vector<std::string>;

  tests::Region region_{"us-east-1"};
  Position last_;
};

TEST_F(ListingTest, shows_what_is_owned_shared_and_public_once_each_in_order_of_creation) {
  add(kOwner.account, "private");
  auto shared = add(kOwner.account, "shared");
  auto both = add(kOwner.account, "shared and public");
  add(kRecipient.account, "his own");
  region_.share(shared, {images::PrincipalKind::account, kRecipient.account});
  region_.share(both, {images::PrincipalKind::account, kRecipient.account});
  region_.share(both, images::kEverybody);
  EXPECT_EQ(names(all_of(kRecipient)), (Names{"shared", "shared and public", "his own"}));
  EXPECT_EQ(names(all_of(kStranger)), (Names{"shared and public"}));
  EXPECT_EQ(names(all_of(kOwner)), (Names{"private", "shared", "shared and public"}));
}

TEST_F(ListingTest, leaves_own_images_out_of_what_is_shared_with_me) {
  auto mine = add(kRecipient.account, "mine");
  auto his = add(kOwner.account, "his");
  region_.share(mine, {images::PrincipalKind::account, kRecipient.account});
  region_.share(his, {images::PrincipalKind::account, kRecipient.account});
  auto selection = all_of(kRecipient);
  selection.branches = {Branch::shared};
  EXPECT_EQ(names(selection), (Names{"his"}));
}

TEST_F(ListingTest, goes_on_behind_the_last_entry_whatever_the_page) {
  Names expected;
  for (int i = 0; i < 25; ++i) {
    auto name = "image " + std::to_string(100 + i);
    auto id = add(i % 2 == 0 ? kOwner.account : kRecipient.account, name);
    if (i % 3 == 0) region_.share(id, images::kEverybody);
    if (i % 2 == 0 || i % 3 == 0) expected.push_back(name);
  }
  for (std::size_t limit : {1U, 2U, 7U, 100U}) {
    Names all;
    last_ = {};
    while (true) {
      auto page = names(all_of(kOwner), limit, last_);
      if (page.empty()) break;
      all.insert(all.end(), page.begin(), page.end());
    }
    EXPECT_EQ(all, expected) << limit;
  }
}

TEST_F(ListingTest, matches_wildcards_and_takes_escaped_ones_and_those_of_sql_literally) {
  add(kOwner.account, "web-1");
  add(kOwner.account, "web-22");
  add(kOwner.account, "100%_done");
  EXPECT_EQ(filtered("name", {"web-?"}), (Names{"web-1"}));
  EXPECT_EQ(filtered("name", {"web*"}), (Names{"web-1", "web-22"}));
  EXPECT_EQ(filtered("name", {"WEB*"}), Names{});
  EXPECT_EQ(filtered("name", {"web-1", "100*"}), (Names{"web-1", "100%_done"}));
  EXPECT_EQ(filtered("name", {"100%?done"}), (Names{"100%_done"}));
  EXPECT_EQ(filtered("name", {"%"}), Names{});
  EXPECT_EQ(filtered("name", {"w_b-1*"}), Names{});
  EXPECT_EQ(filtered("name", {"web-\\?"}), Names{});
  EXPECT_EQ(filtered("name", {"'; DROP TABLE images; --"}), Names{});
}

TEST_F(ListingTest, filters_by_the_callers_own_tags_only) {
  auto id = add(kOwner.account, "tagged");
  add(kOwner.account, "plain");
  region_.share(id, images::kEverybody);
  ASSERT_TRUE(region_.run([&](Transaction& tx) {
    return save_tags(tx, kOwner.account, id, {{"stage", "prod"}});
  }));
  EXPECT_EQ(filtered("tag:stage", {"pro*"}), (Names{"tagged"}));
  EXPECT_EQ(filtered("tag:stage", {"test"}), Names{});
  EXPECT_EQ(filtered("tag-key", {"stage"}), (Names{"tagged"}));
  auto selection = all_of(kRecipient);
  selection.filters = {{"tag:stage", {"*"}}};
  EXPECT_EQ(names(selection), Names{});
}

TEST_F(ListingTest, combines_filters_with_and_and_values_with_or) {
  add(kOwner.account, "a");
  add(kOwner.account, "b");
  Selection selection = all_of(kOwner);
  selection.filters = {{"name", {"a", "b"}}, {"architecture", {"x86_64"}}, {"state", {"available"}}};
  EXPECT_EQ(names(selection), (Names{"a", "b"}));
  selection.filters.push_back({"is-public", {"true"}});
  EXPECT_EQ(names(selection), Names{});
}

TEST_F(ListingTest, finds_no_volume_where_an_image_has_an_instance_store) {
  auto const plain = add(kOwner.account, "plain");
  auto image = *region_.run([&](Transaction& tx) { return find_image(tx, plain); });
  image.id = make_resource_id(*region_.entropy, "ami-");
  image.name = "with an instance store";
  image.mappings.front() = {};
  image.mappings.front().device_name = "/dev/sdb";
  image.mappings.front().virtual_name = "ephemeral0";
  ASSERT_TRUE(region_.run([&](Transaction& tx) { return insert_image(tx, image); }));
  std::string const device = "block-device-mapping.";
  EXPECT_EQ(filtered(device + "device-name", {"/dev/sdb"}), (Names{"with an instance store"}));
  for (auto const* of_volume :
       {"encrypted", "volume-size", "volume-type", "snapshot-id", "delete-on-termination"})
    EXPECT_EQ(filtered(device + of_volume, {"*"}), (Names{"plain"})) << of_volume;
}

TEST_F(ListingTest, refuses_unknown_filters_and_too_many_values) {
  auto own_of_others = all_of(kOwner);
  own_of_others.owners = {kOwner.account};
  own_of_others.branches = {Branch::shared};
  auto nothing = all_of(kOwner);
  nothing.branches.clear();
  for (auto const& selection : {all_of(kOwner), own_of_others, nothing}) {
    auto code = [&](Filter const& filter) {
      auto asked = selection;
      asked.filters = {filter};
      auto found = region_.run([&](Transaction& tx) { return list_images(tx, asked, {}, 10); });
      return found ? std::string() : found.error().code;
    };
    EXPECT_EQ(code({"colour", {"red"}}), "InvalidParameterValue");
    EXPECT_EQ(code({"name", std::vector<std::string>(200, "a")}), "");
    EXPECT_EQ(code({"name", std::vector<std::string>(201, "a")}), "FilterLimitExceeded");
  }
}

TEST_F(ListingTest, hides_others_images_once_they_are_deprecated) {
  auto id = add(kOwner.account, "old");
  region_.share(id, images::kEverybody);
  ASSERT_TRUE(region_.run([&](Transaction& tx) -> Result<void> {
    auto image = TRY(find_image(tx, id));
    image.deprecation = region_.clock.now();
    return save_image(tx, image);
  }));
  auto hidden = all_of(kRecipient);
  hidden.deprecated_before = to_iso8601(region_.clock.now() + std::chrono::hours(1));
  EXPECT_EQ(names(hidden), Names{});
  EXPECT_EQ(names(all_of(kRecipient)), (Names{"old"}));
  auto own = all_of(kOwner);
  own.deprecated_before = hidden.deprecated_before;
  EXPECT_EQ(names(own), (Names{"old"}));
}

TEST_F(ListingTest, gives_what_is_named_in_order_of_creation_whoever_owns_it) {
  auto const first = add(kOwner.account, "first");
  add(kOwner.account, "not named");
  auto const second = add(kStranger.account, "second");
  region_.share(second, images::kEverybody);
  auto const third = add(kOwner.account, "third");
  auto const hidden = add(kStranger.account, "hidden");
  auto const fourth = add(kStranger.account, "fourth");
  region_.share(fourth, {images::PrincipalKind::account, kOwner.account});
  auto selection = all_of(kOwner);
  selection.ids = {fourth, hidden, third, second, first};
  EXPECT_EQ(names(selection), (Names{"first", "second", "third", "fourth"}));
  EXPECT_EQ(names(selection, 2), (Names{"first", "second"}));
  EXPECT_EQ(names(selection, 2, last_), (Names{"third", "fourth"}));
  selection.owners = {kStranger.account};
  EXPECT_EQ(names(selection), (Names{"second", "fourth"}));
}

TEST_F(ListingTest, gives_the_tags_of_named_resources_page_by_page) {
  ASSERT_TRUE(region_.run([&](Transaction& tx) -> Result<void> {
    for (auto const* id : {"snap-1", "snap-2", "snap-3"})
      TRY(save_tags(tx, kOwner.account, id, {{"a", id}, {"b", id}}));
    return save_tags(tx, kStranger.account, "snap-1", {{"c", "another account's"}});
  }));
  for (auto const& named : {Names{"snap-3", "snap-1"}, Names{"snap-[13]", "snap-3", "snap-1*"}}) {
    Names found;
    std::string resource;
    std::string key;
    while (true) {
      auto const page = *region_.run([&](Transaction& tx) {
        return list_tags(tx, kOwner.account, {{"resource-id", named}}, resource, key, 1);
      });
      if (page.empty()) break;
      resource = page.front().resource;
      key = page.front().tag.key;
      found.push_back(resource + " " + key);
    }
    EXPECT_EQ(found, (Names{"snap-1 a", "snap-1 b", "snap-3 a", "snap-3 b"}));
  }
}

TEST_F(ListingTest, stays_driven_by_an_index_in_every_branch) {
  // A scan of images or permissions would read what belongs to others: the plan must name an index for the
  // table that gives the order.
  auto session = region_.catalogue.take();
  auto plan = [&](std::string const& query) {
    auto rows = (*session)->query("EXPLAIN QUERY PLAN " + query);
    std::string out;
    while (*(*rows)->next()) out += std::string((*rows)->text(3)) + "\n";
    return out;
  };
  auto own = plan(
      "SELECT r.created, r.id FROM images r WHERE r.owner = 'x' AND r.state <> 'deregistered' AND "
      "(r.created, r.id) > ('', '') ORDER BY r.created, r.id LIMIT 10");
  EXPECT_NE(own.find("images_owner"), std::string::npos) << own;
  EXPECT_EQ(own.find("TEMP B-TREE"), std::string::npos) << own;
  auto shared = plan(
      "SELECT r.created, r.id FROM permissions s JOIN images r ON r.id = s.resource WHERE "
      "s.kind = 'account' AND s.value = 'x' AND r.owner <> 'x' AND r.state <> 'deregistered' AND "
      "(s.created, s.resource) > ('', '') ORDER BY s.created, s.resource LIMIT 10");
  EXPECT_NE(shared.find("permissions_principal"), std::string::npos) << shared;
  EXPECT_EQ(shared.find("TEMP B-TREE"), std::string::npos) << shared;
}

}  // namespace
}  // namespace argosy::catalogue
