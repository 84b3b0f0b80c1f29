#include "http/idle_line.h"

#include <gtest/gtest.h>

#include <string>

namespace argosy::http {
namespace {

TEST(IdleLine, tells_those_who_waited_longest_to_go_each_once) {
  IdleLine line;
  std::string cut;
  auto first = line.enter([&] { cut += "first "; });
  auto second = line.enter([&] { cut += "second "; });
  auto third = line.enter([&] { cut += "third "; });
  second.reset();  // its request came
  EXPECT_TRUE(line.cut_oldest());
  EXPECT_TRUE(line.cut_oldest());
  EXPECT_EQ(cut, "first third ");
  EXPECT_FALSE(line.cut_oldest()) << "they were told, though they have not gone yet";
  second = line.enter([&] { cut += "second "; });
  EXPECT_TRUE(line.cut_oldest());
  EXPECT_EQ(cut, "first third second ");
}

TEST(IdleLine, has_nobody_to_cut_at_first) { EXPECT_FALSE(IdleLine().cut_oldest()); }

}  // namespace
}  // namespace argosy::http
