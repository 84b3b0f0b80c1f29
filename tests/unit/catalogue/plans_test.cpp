// How SQLite finds what is asked for: what others have, or what was not asked for, costs nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalogue/accounts.h"
#include "catalogue/instances.h"
#include "catalogue/keys.h"
#include "catalogue/listing.h"
#include "catalogue/usage.h"
#include "support/region.h"
#include "support/session.h"

namespace argosy::catalogue {
namespace {

using testing::Each;
using testing::HasSubstr;

class Plans : public testing::Test {
 protected:
  template <class Function>
  std::vector<std::string> plan_of(Function function) {
    return tests::plan_of(region_.catalogue, function);
  }
  /// Those that look at a table or an index.
  static std::vector<std::string> looks(std::vector<std::string> plan) {
    std::erase_if(plan, [](std::string const& step) {
      return !step.starts_with("SCAN") && !step.starts_with("SEARCH");
    });
    return plan;
  }
  static Selection selection(std::vector<std::string> ids) {
    Selection out;
    out.account = "111111111111";
    out.branches = {Branch::own, Branch::shared, Branch::everybody};
    out.region = "us-east-1";
    out.ids = std::move(ids);
    return out;
  }
  std::vector<std::string> looks_of_tags(std::vector<Filter> const& filters) {
    return looks(plan_of([&](Transaction& tx) {
      return list_tags(tx, "111111111111", filters, "snap-00000001", "stage", 10);
    }));
  }
  tests::Region region_{"us-east-1"};
};

using List = Result<std::vector<Position>> (*)(Transaction&, Selection const&, Position const&, std::size_t);
class ListPlans : public Plans, public testing::WithParamInterface<List> {};
INSTANTIATE_TEST_SUITE_P(, ListPlans,
                         testing::Values(&list_images, &list_snapshots, &list_instances,
                                         &list_instance_statuses, &list_volumes));

TEST_P(ListPlans, look_at_what_is_named_and_at_nothing_else) {
  std::vector<std::string> ids;
  for (std::size_t count : {1U, 2U, 1'000U}) {
    while (ids.size() < count) ids.push_back("id-" + std::to_string(ids.size()));
    auto named = selection(ids);
    auto const plan = [&] {
      return looks(plan_of([&](Transaction& tx) { return GetParam()(tx, named, {}, 1'000); }));
    };
    auto const by_id = Each(testing::AnyOf(HasSubstr("(id=?)"), HasSubstr("(resource=?")));
    EXPECT_THAT(plan(), by_id) << count;
    named.owners = {"111111111111"};
    EXPECT_THAT(plan(), by_id) << count;
  }
}

TEST_F(Plans, look_at_named_resources_also_when_their_owner_is_named) {
  auto named = selection({"id-1", "id-2"});
  named.filters = {{"owner-id", {"111111111111"}}};
  for (auto const list : {&list_images, &list_snapshots, &list_instances})
    EXPECT_THAT(looks(plan_of([&](Transaction& tx) { return list(tx, named, {}, 10); })),
                Each(testing::AnyOf(HasSubstr("(id=?)"), HasSubstr("(resource=?"))));
}

TEST_F(Plans, look_at_nothing_that_others_share_when_the_caller_asks_for_his_own) {
  auto own = selection({});
  own.owners = {"111111111111", "111111111111"};
  auto const look_of = [&](List list) {
    return looks(plan_of([&](Transaction& tx) { return list(tx, own, {}, 10); }));
  };
  EXPECT_THAT(look_of(list_images), testing::ElementsAre(HasSubstr("INDEX images_owner (owner=? AND ")));
  EXPECT_THAT(look_of(list_snapshots),
              testing::ElementsAre(HasSubstr("INDEX snapshots_owner (owner=? AND ")));
  own.branches = {Branch::shared};
  EXPECT_THAT(look_of(list_images), testing::IsEmpty());
}

TEST_F(Plans, find_the_tags_of_named_resources_without_looking_at_those_of_others) {
  for (std::size_t count : {1U, 2U, 199U}) {
    std::vector<std::string> ids;
    while (ids.size() < count) ids.push_back("snap-" + std::to_string(ids.size()));
    EXPECT_THAT(looks_of_tags({{"resource-id", ids}}), Each(HasSubstr("(account=? AND resource=?")));
    EXPECT_THAT(looks_of_tags({{"resource-id", ids}, {"key", {"stage"}}}),
                Each(HasSubstr("(account=? AND resource=?")));
  }
  for (auto const& filters : {std::vector<Filter>{}, {{"key", {"stage"}}}, {{"resource-id", {"*-1"}}}})
    EXPECT_THAT(looks_of_tags(filters), Each(HasSubstr("(account=? AND (resource,key)>(?,?))")))
        << "a page goes on behind the last one";
}

TEST_F(Plans, count_an_accounts_keys_in_an_index_alone) {
  auto const plan = plan_of([](Transaction& tx) { return count_keys(tx, "111111111111"); });
  EXPECT_THAT(plan, testing::ElementsAre(HasSubstr("COVERING INDEX keys_managed (account=? AND manager=?)")));
}

TEST_F(Plans, count_images_and_what_a_region_has_in_indexes_alone) {
  auto const images = plan_of([](Transaction& tx) { return count_images(tx, "111111111111"); });
  EXPECT_THAT(images, testing::ElementsAre(HasSubstr("COVERING INDEX images_state (owner=?)")));
  EXPECT_THAT(looks(plan_of(count_region)), Each(HasSubstr("COVERING INDEX")));
}

TEST_F(Plans, find_the_keys_of_an_account_and_the_disabled_accounts_without_looking_at_others) {
  sql::Pool directory{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
  ASSERT_TRUE(create_directory_schema(**directory.take()));
  auto const keys =
      tests::plan_of(directory, [](Transaction& tx) { return list_access_keys(tx, "111111111111"); });
  EXPECT_THAT(looks(keys),
              testing::ElementsAre(HasSubstr("SEARCH access_keys USING INDEX access_keys_account")));
  EXPECT_THAT(looks(tests::plan_of(directory, list_disabled_accounts)),
              testing::ElementsAre(HasSubstr("INDEX accounts_disabled")));
}

TEST_F(Plans, find_busy_instances_without_looking_at_others) {
  EXPECT_THAT(looks(plan_of(list_busy_instances)), Each(HasSubstr("COVERING INDEX instances_busy")));
}

}  // namespace
}  // namespace argosy::catalogue
