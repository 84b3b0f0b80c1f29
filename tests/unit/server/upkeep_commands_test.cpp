#include "server/upkeep_commands.h"

#include <gtest/gtest.h>

#include "server/operator.h"
#include "support/folder.h"

namespace argosy::server {
namespace {

TEST(UpkeepCommands, show_what_a_peer_wrote_on_one_line) {
  tests::Folder const folder;
  OperatorDoor door;
  door.add("POST", "/repair", OperatorDoor::Openness::owner_only, [](http::Request const&) {
    http::Response response;
    response.stream = [sent = false]() mutable -> Result<Bytes> {
      if (std::exchange(sent, true)) return Bytes{};
      return to_bytes(as_bytes(R"({"region": "us-east-1", "done": true, "repaired": [], "not_repaired": )"
                               R"([{"snapshot": "snap-1", "why": ["us-west-2: no\n\u001b[2Jall is well"]}]})"
                               "\n"));
    };
    return response;
  });
  ASSERT_TRUE(door.open(folder.path(), ""));
  door.begin();
  CLI::App app;
  UpkeepCommands commands(app);
  app.parse("repair --data-dir " + folder.path(), false);
  testing::internal::CaptureStdout();
  auto const status = commands.run();
  auto const shown = testing::internal::GetCapturedStdout();
  door.stop(Duration{0});
  ASSERT_TRUE(status && *status) << shown;
  EXPECT_EQ(**status, 1);
  EXPECT_TRUE(shown.ends_with("    us-west-2: no\\n\\x1b[2Jall is well\n")) << shown;
}

TEST(Output, shows_a_row_on_one_line) {
  testing::internal::CaptureStdout();
  Output().print({boost::json::object{{"name", "a\nb\x1b"}, {"enabled", true}}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "a\\nb\\x1b  true\n");
}

}  // namespace
}  // namespace argosy::server
