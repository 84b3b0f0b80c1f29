#include "cli/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/folder.h"

namespace argosy::cli {
namespace {

std::vector<std::string> lines_of(Journal const& journal) {
  std::vector<std::string> lines;
  EXPECT_TRUE(journal.read([&](std::string_view line) { lines.emplace_back(line); }));
  return lines;
}

class JournalFile : public testing::Test {
 protected:
  tests::Folder const folder_;
  std::string const path_ = folder_ / "below/work";
};

TEST_F(JournalFile, gives_back_its_lines_to_the_same_work) {
  {
    auto journal = *Journal::open(path_);
    EXPECT_EQ(*journal->title(), "");
    EXPECT_FALSE(*journal->resume("the work"));
    EXPECT_EQ(*journal->title(), "the work");
    EXPECT_TRUE(journal->append("one"));
    EXPECT_TRUE(journal->append("two"));
  }
  auto journal = *Journal::open(path_);
  EXPECT_TRUE(*journal->resume("the work"));
  EXPECT_EQ(lines_of(*journal), (std::vector<std::string>{"one", "two"}));
}

TEST_F(JournalFile, forgets_all_for_other_work) {
  {
    auto journal = *Journal::open(path_);
    EXPECT_FALSE(*journal->resume("the work"));
    EXPECT_TRUE(journal->append("one"));
  }
  {
    auto journal = *Journal::open(path_);
    EXPECT_FALSE(*journal->resume("other work"));
    EXPECT_TRUE(lines_of(*journal).empty());
  }
  EXPECT_TRUE(*(*Journal::open(path_))->resume("other work"));
}

TEST_F(JournalFile, cuts_off_a_line_that_was_being_written) {
  {
    auto journal = *Journal::open(path_);
    EXPECT_FALSE(*journal->resume("the work"));
    EXPECT_TRUE(journal->append("one"));
  }
  std::ofstream(path_, std::ios::app) << "tw";
  {
    auto journal = *Journal::open(path_);
    EXPECT_TRUE(*journal->resume("the work"));
    EXPECT_EQ(lines_of(*journal), (std::vector<std::string>{"one"}));
    EXPECT_TRUE(journal->append("three"));
  }
  auto journal = *Journal::open(path_);
  EXPECT_TRUE(*journal->resume("the work"));
  EXPECT_EQ(lines_of(*journal), (std::vector<std::string>{"one", "three"}));
}

TEST_F(JournalFile, is_had_by_one_at_a_time) {
  auto journal = *Journal::open(path_);
  EXPECT_EQ(Journal::open(path_).error().exit, Exit::locked);
  journal->remove();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(Journal::open(path_)) << "a new file, which nobody has";
}

TEST_F(JournalFile, becomes_durable_together_with_its_name) {
  auto journal = *Journal::open(path_);
  EXPECT_FALSE(*journal->resume("the work"));
  EXPECT_TRUE(journal->sync());
  std::filesystem::remove_all(folder_ / "below");
  EXPECT_FALSE(journal->sync()) << "there is no folder that could keep the name";
}

TEST_F(JournalFile, is_no_exception_where_its_folder_cannot_be_looked_at) {
  std::filesystem::create_symlink("loop", folder_ / "loop");  // as a folder is to whom it is closed
  auto journal = Journal::open(folder_ / "loop/below/work");
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().exit, Exit::failed);
}

TEST(JournalInMemory, works_without_a_file) {
  auto journal = *Journal::open_in_memory();
  EXPECT_FALSE(*journal->resume("the work"));
  EXPECT_TRUE(journal->append("one"));
  EXPECT_EQ(lines_of(*journal), (std::vector<std::string>{"one"}));
  EXPECT_TRUE(journal->sync());
}

}  // namespace
}  // namespace argosy::cli
