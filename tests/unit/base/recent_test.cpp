#include "base/recent.h"

#include <gtest/gtest.h>

#include <string>

namespace argosy {
namespace {

TEST(Recent, forgets_what_was_used_longest_ago) {
  Recent<int, std::string> recent(2);
  recent.put(1, "one");
  recent.put(2, "two");
  EXPECT_EQ(recent.find(1), "one");
  recent.put(3, "three");
  EXPECT_EQ(recent.find(2), std::nullopt);
  EXPECT_EQ(recent.find(1), "one");
  EXPECT_EQ(recent.find(3), "three");
}

TEST(Recent, gives_what_was_put_last_under_a_key) {
  Recent<int, std::string> recent(2);
  recent.put(1, "one");
  recent.put(2, "two");
  recent.put(1, "uno");
  recent.put(3, "three");
  EXPECT_EQ(recent.find(1), "uno");
  EXPECT_EQ(recent.find(2), std::nullopt);
}

}  // namespace
}  // namespace argosy
