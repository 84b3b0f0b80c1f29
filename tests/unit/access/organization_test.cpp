#include <gtest/gtest.h>

#include "access/caller.h"

namespace argosy::access {
namespace {

TEST(Organization, is_the_first_part_of_a_path) {
  EXPECT_TRUE(is_organization_path("o-a1b2c3d4e5/r-ab12/"));
  EXPECT_TRUE(is_organization_path("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"));
  EXPECT_EQ(organization_id("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"), "o-a1b2c3d4e5");
  for (auto const* path :
       {"", "/", "o-1/", "o-1/r-1", "r-1/o-1/", "o-1/ou-1/", "o-1/r-1/r-2/", "o-1/r-1//", "o-/r-1/"})
    EXPECT_FALSE(is_organization_path(path)) << path;
}

}  // namespace
}  // namespace argosy::access
