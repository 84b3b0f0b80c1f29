#include "server/region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/folder.h"

namespace argosy::server {
namespace {

TEST(ListRegions, names_the_folders_that_have_a_catalogue) {
  tests::Folder const folder;
  EXPECT_EQ(list_regions(folder.path()).error().fault, Fault::not_found);
  for (auto const* name : {"us-west-2", "us-east-1"}) {
    std::filesystem::create_directories(region_folder(folder.path(), name));
    std::ofstream(catalogue_path(folder.path(), name)) << "tables";
  }
  std::filesystem::create_directory(folder / "regions/lost+found");
  EXPECT_THAT(*list_regions(folder.path()), testing::ElementsAre("us-east-1", "us-west-2"));
}

}  // namespace
}  // namespace argosy::server
