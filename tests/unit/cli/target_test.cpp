#include "cli/target.h"

#include <gtest/gtest.h>

#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

TEST(Target, of_a_name_is_the_image_that_has_it_now) {
  ScriptedService service;
  std::string const deregistered =
      "<item><imageId>ami-00000000000000001</imageId><imageState>deregistered</imageState></item>";
  std::string const available =
      "<item><imageId>ami-00000000000000002</imageId><imageState>available</imageState></item>";
  service.answers["DescribeImages"] = {"<R><imagesSet>" + deregistered + available + "</imagesSet></R>",
                                       "<R><imagesSet>" + deregistered + "</imagesSet></R>"};
  auto found = open_target(service.settings, "us-west-2/name:web", {"ami-"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->id, "ami-00000000000000002");
  found = open_target(service.settings, "us-west-2/name:web", {"ami-"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit, Exit::refused);
}

}  // namespace
}  // namespace argosy::cli
