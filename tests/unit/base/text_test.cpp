#include "base/text.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace argosy {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Wildcard, matches_runs_and_single_characters) {
  Pairs const matching{{"", ""},        {"*", ""},      {"*", "abc"},   {"a*", "a"}, {"*c", "abc"},
                       {"a*c", "abbc"}, {"a?c", "abc"}, {"*b*", "abc"}, {"**", "a"}, {"a*b*c", "axbxbxc"},
                       {"?*", "a"}};
  for (auto const& [pattern, text] : matching)
    for (auto escape : {Escape::none, Escape::backslash})
      EXPECT_TRUE(matches_wildcard(pattern, text, escape)) << pattern << " " << text;
  Pairs const others{{"", "a"},     {"a", ""},     {"?", ""},          {"a?", "a"},
                     {"a*c", "ab"}, {"*b", "abc"}, {"a*b*c", "axcxb"}, {"A", "a"}};
  for (auto const& [pattern, text] : others)
    for (auto escape : {Escape::none, Escape::backslash})
      EXPECT_FALSE(matches_wildcard(pattern, text, escape)) << pattern << " " << text;
}

TEST(Wildcard, has_an_escape_only_where_one_is_asked_for) {
  Pairs const escaped{{R"(a\*)", "a*"},   {R"(\?)", "?"},     {R"(\\)", R"(\)"},   {R"(\a)", "a"},
                      {R"(*\*)", "a*b*"}, {R"(a\)", R"(a\)"}, {R"(*\?*)", "why?!"}};
  for (auto const& [pattern, text] : escaped)
    EXPECT_TRUE(matches_wildcard(pattern, text, Escape::backslash)) << pattern << " " << text;
  Pairs const others{
      {R"(a\*)", "ab"}, {R"(\?)", "a"}, {R"(a\*)", "a"}, {R"(\\)", R"(\\)"}, {R"(\*)", R"(\*)"}};
  for (auto const& [pattern, text] : others)
    EXPECT_FALSE(matches_wildcard(pattern, text, Escape::backslash)) << pattern << " " << text;
  EXPECT_TRUE(matches_wildcard(R"(a\*)", R"(a\bc)"));
  EXPECT_FALSE(matches_wildcard(R"(a\*)", "a*"));
}

TEST(Characters, are_counted_and_not_their_bytes) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("aé€😀"), 4U);
}

TEST(Characters, are_cut_off_whole) {
  std::string const text = "aé€😀";
  std::vector<std::string> const cut{"", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€", "aé€", text, text};
  for (std::size_t most = 0; most < cut.size(); ++most)
    EXPECT_EQ(first_characters(text, most), cut[most]) << most;
}

TEST(Controls, are_escaped_and_nothing_else) {
  EXPECT_EQ(escape_controls("a\nb\tc\r\x1b[31m\x7f"), R"(a\nb\tc\x0d\x1b[31m\x7f)");
  EXPECT_EQ(escape_controls(std::string("\0", 1)), R"(\x00)");
  EXPECT_EQ(escape_controls("\u0080\u009b2J\u009f"), R"(\xc2\x80\xc2\x9b2J\xc2\x9f)");
  for (std::string const text : {"", " ~", "\u00a0é€😀", "\xc2", "\xc2\xa0\xe2\x82", R"(\n)"})
    EXPECT_EQ(escape_controls(text), text);
}

TEST(Case, is_that_of_ascii_letters) {
  EXPECT_EQ(to_lower("kms:ViaService [Ä]"), "kms:viaservice [Ä]");
  EXPECT_TRUE(equal_ignoring_case("ETag", "etag"));
  EXPECT_FALSE(equal_ignoring_case("ETag", "etags"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

}  // namespace
}  // namespace argosy
