#include "machines/console.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/folder.h"

namespace argosy::machines {
namespace {

constexpr std::size_t kKeptBytes = 64 << 10;

TEST(Console, is_nothing_before_there_is_one) {
  tests::Folder folder;
  auto const text = read_end(folder / "console");
  ASSERT_TRUE(text);
  EXPECT_FALSE(text->has_value());
}

TEST(Console, shows_all_of_a_short_file_and_the_end_of_a_long_one) {
  tests::Folder folder;
  auto const path = folder / "console";
  std::ofstream(path) << "hello\n";
  EXPECT_EQ(**read_end(path), "hello\n");
  std::ofstream(path) << std::string(1000, 'a') << std::string(kKeptBytes - 1, 'b') << 'c';
  EXPECT_EQ(**read_end(path), std::string(kKeptBytes - 1, 'b') + 'c');
}

TEST(Console, gives_space_back_and_loses_nothing_of_its_end_while_it_is_written) {
  tests::Folder folder;
  auto const path = folder / "console";
  std::ofstream writer(path, std::ios::app);
  for (int megabyte = 0; megabyte < 4; ++megabyte) {
    writer << std::string(1 << 20, 'x') << "line " << megabyte << "\n" << std::flush;
    bound_file(path);
    EXPECT_TRUE((**read_end(path)).ends_with("xline " + std::to_string(megabyte) + "\n"));
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_LT(facts.st_blocks * 512, 256 << 10);
  }
}

}  // namespace
}  // namespace argosy::machines
