#include "base/private_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "support/folder.h"

namespace argosy {
namespace {

namespace files = std::filesystem;

class PrivateFile : public testing::Test {
 protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(files::directory_iterator(folder_.path()), files::directory_iterator()));
  }

  tests::Folder const folder_;
  std::string const path_ = folder_ / "root.key";
  std::string const draft_ = folder_ / ".root.key.argosy-draft";
};

TEST_F(PrivateFile, is_written_whole_or_left_as_it_is) {
  ASSERT_TRUE(write_private_file(path_, "first", Existing::refuse));
  EXPECT_EQ(write_private_file(path_, "second", Existing::refuse).error().fault, Fault::conflict);
  EXPECT_EQ(*read_private_file(path_), "first");
  ASSERT_TRUE(write_private_file(path_, "second", Existing::replace));
  EXPECT_EQ(*read_private_file(path_), "second");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(PrivateFile, leaves_every_other_file_beside_it_alone) {
  for (auto const* suffix : {".new", ".tmp", "~"}) std::ofstream(path_ + suffix) << "another's";
  ASSERT_TRUE(write_private_file(path_, "first", Existing::refuse));
  ASSERT_TRUE(write_private_file(path_, "second", Existing::replace));
  for (auto const* suffix : {".new", ".tmp", "~"}) EXPECT_EQ(*read_file(path_ + suffix), "another's");
}

TEST_F(PrivateFile, takes_away_the_draft_that_a_kill_left) {
  for (auto existing : {Existing::refuse, Existing::replace}) {
    std::ofstream(draft_) << "longer than what is written";
    files::permissions(draft_, files::perms::all);
    ASSERT_TRUE(write_private_file(path_, "whole", existing));
    EXPECT_EQ(*read_private_file(path_), "whole");
    EXPECT_EQ(entries(), 1U);
  }
}

TEST_F(PrivateFile, stays_whole_when_its_draft_is_another_name_of_it) {
  ASSERT_TRUE(write_private_file(path_, "whole", Existing::refuse));
  files::create_hard_link(path_, draft_);  // a kill before the draft's name was taken away
  EXPECT_EQ(write_private_file(path_, "other", Existing::refuse).error().fault, Fault::conflict);
  EXPECT_EQ(*read_private_file(path_), "whole");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(PrivateFile, leaves_nothing_where_it_cannot_be_put) {
  files::create_directory(path_);
  EXPECT_FALSE(write_private_file(path_, "text", Existing::replace));
  EXPECT_EQ(entries(), 1U);
  EXPECT_FALSE(write_private_file(folder_ / "absent/file", "text", Existing::replace));
}

TEST_F(PrivateFile, is_absent_only_if_there_is_none) {
  for (auto const& path : {folder_ / "absent", folder_ / "absent/file"}) {
    EXPECT_EQ(read_file(path).error().fault, Fault::not_found);
    EXPECT_EQ(read_private_file(path).error().fault, Fault::not_found);
    EXPECT_EQ(file_exists(path), false);
  }
  files::create_symlink(path_, path_);
  EXPECT_EQ(read_file(path_).error().fault, Fault::unavailable);
  EXPECT_EQ(read_private_file(path_).error().fault, Fault::unavailable);
  EXPECT_FALSE(file_exists(path_));
  auto const folder = read_file(folder_.path());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().fault, Fault::unavailable);
  EXPECT_EQ(folder.error().message, folder_.path() + ": Is a directory");
}

TEST_F(PrivateFile, is_whole_whoever_writes_it_at_the_same_time) {
  std::vector<std::thread> writers;
  for (char letter = 'a'; letter < 'e'; ++letter)
    writers.emplace_back([&, letter] {
      for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(write_private_file(path_, std::string(100'000, letter), Existing::replace));
    });
  for (auto& writer : writers) writer.join();
  auto const text = *read_file(path_);
  EXPECT_EQ(text, std::string(100'000, text.front()));
  EXPECT_EQ(entries(), 1U);
}

}  // namespace
}  // namespace argosy
