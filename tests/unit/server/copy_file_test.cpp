#include "server/copy_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/private_file.h"
#include "support/folder.h"

namespace argosy::server {
namespace {

class CopyFile : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(folder_ / "source") << "abcdef"; }
  /// The copy, and which ranges of it are not the source's.
  std::string copy(std::vector<store::ByteRange> const& wanted_of_earlier) {
    auto const done = copy_file(folder_ / "source", folder_ / "earlier", folder_ / "copy", wanted_of_earlier);
    if (!done) return done.error().message;
    auto out = *read_file(folder_ / "copy");
    for (auto const& range : *done)
      out += " " + std::to_string(range.begin_bytes) + "-" + std::to_string(range.end_bytes);
    return out;
  }
  tests::Folder const folder_;
};

TEST_F(CopyFile, has_the_files_own_bytes_and_time_where_nothing_else_is_wanted) {
  std::ofstream(folder_ / "earlier") << "ABCDEFGHI";
  EXPECT_EQ(copy({}), "abcdef");
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "copy"),
            std::filesystem::last_write_time(folder_ / "source"));
}

TEST_F(CopyFile, has_an_earlier_ones_bytes_where_they_are_wanted_and_says_so) {
  std::ofstream(folder_ / "earlier") << "ABCDEFGHI";
  EXPECT_EQ(copy({{1, 3}, {5, 6}}), "aBCdeF 1-3 5-6");
}

TEST_F(CopyFile, goes_on_with_an_earlier_one_behind_the_files_end) {
  std::ofstream(folder_ / "earlier") << "ABCDEFGHI";
  EXPECT_EQ(copy({{1, 2}, {7, 8}, {8, 9}}), "aBcdefGHI 1-2 6-9");
}

TEST_F(CopyFile, has_zeros_where_there_is_no_earlier_one) {
  using std::string_literals::operator""s;
  EXPECT_EQ(copy({{2, 4}}), "ab\0\0ef 2-4"s);
}

}  // namespace
}  // namespace argosy::server
