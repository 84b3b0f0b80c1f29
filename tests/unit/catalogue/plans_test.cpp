// How SQLite finds what is asked for: what others have, or what was not asked for, costs nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalogue/instances.h"
#include "catalogue/keys.h"
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
  tests::Region region_{"us-east-1"};
};

TEST_F(Plans, count_an_accounts_keys_in_an_index_alone) {
  auto const plan = plan_of([](Transaction& tx) { return count_keys(tx, "111111111111"); });
  EXPECT_THAT(plan, testing::ElementsAre(HasSubstr("COVERING INDEX keys_managed (account=? AND manager=?)")));
}

TEST_F(Plans, count_images_and_what_a_region_has_in_indexes_alone) {
  auto const images = plan_of([](Transaction& tx) { return count_images(tx, "111111111111"); });
  EXPECT_THAT(images, testing::ElementsAre(HasSubstr("COVERING INDEX images_state (owner=?)")));
  EXPECT_THAT(looks(plan_of(count_region)), Each(HasSubstr("COVERING INDEX")));
}

TEST_F(Plans, find_busy_instances_without_looking_at_others) {
  EXPECT_THAT(looks(plan_of(list_busy_instances)), Each(HasSubstr("COVERING INDEX instances_busy")));
}

}  // namespace
}  // namespace argosy::catalogue
