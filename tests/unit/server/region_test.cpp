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
  std::filesystem::create_directory(folder / "regions/eu-west-1");
  EXPECT_THAT(*list_regions(folder.path()), testing::ElementsAre("us-east-1", "us-west-2"));
}

/// What nobody may search, as a link that leads to itself: it fails for root, too.
void make_unsearchable(std::string const& path) { std::filesystem::create_symlink(path, path); }

TEST(ListRegions, does_not_look_into_what_can_be_no_region) {
  tests::Folder const folder;
  std::filesystem::create_directories(folder / "regions");
  make_unsearchable(folder / "regions/lost+found");
  EXPECT_TRUE(list_regions(folder.path())->empty());
  make_unsearchable(folder / "regions/us-east-1");
  EXPECT_EQ(list_regions(folder.path()).error().fault, Fault::unavailable);
}

}  // namespace
}  // namespace argosy::server
