#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace argosy {
namespace {

std::string logged(std::string const& text) {
  testing::internal::CaptureStderr();
  log_warning("{}", text);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, is_one_line_an_event_whatever_others_named) {
  auto const line = logged("us-east-1: ami-1\n2026-01-01T00:00:00.000Z info all is well\r\x1b[2K\x1b[1A");
  EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
  EXPECT_TRUE(line.ends_with('\n'));
  EXPECT_EQ(line.find_first_of("\r\x1b"), line.npos) << line;
  EXPECT_TRUE(line.contains(R"(ami-1\n2026-01-01T00:00:00.000Z info all is well\x0d\x1b[2K\x1b[1A)")) << line;
}

TEST(Log, keeps_what_is_no_control_character) {
  EXPECT_TRUE(logged("Zürich: 50 % of {} in C:\\x, „gut“").contains("Zürich: 50 % of {} in C:\\x, „gut“"));
}

}  // namespace
}  // namespace argosy
