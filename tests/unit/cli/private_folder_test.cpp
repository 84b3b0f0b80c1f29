#include "cli/private_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/folder.h"

namespace argosy::cli {
namespace {

TEST(PrivateFolder, fails_where_nothing_temporary_can_be_made) {
  auto const* set = std::getenv("TMPDIR");
  std::string const before = set == nullptr ? "" : set;
  tests::Folder const folder;
  setenv("TMPDIR", (folder / "gone").c_str(), 1);
  auto made = PrivateFolder::make();
  set == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().exit, Exit::failed);
  EXPECT_NE(made.error().message.find("TMPDIR"), std::string::npos);
}

}  // namespace
}  // namespace argosy::cli
