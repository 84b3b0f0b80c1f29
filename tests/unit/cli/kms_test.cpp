#include "cli/kms.h"

#include <gtest/gtest.h>

#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

TEST(Kms, lists_aliases_over_all_pages_also_those_of_keys_that_are_not_made_yet) {
  ScriptedService service;
  service.answers["ListAliases"] = {
      R"({"Aliases": [{"AliasName": "alias/aws/ebs", "AliasArn": "arn:1"}], "NextMarker": "m", "Truncated": true})",
      R"({"Aliases": [{"AliasName": "alias/a", "AliasArn": "arn:2", "TargetKeyId": "k", "CreationDate": 1.5e9}],
          "Truncated": false})"};
  auto session = service.open();
  auto aliases = list_aliases(*session);
  ASSERT_TRUE(aliases) << aliases.error().message;
  ASSERT_EQ(aliases->size(), 2U);
  EXPECT_EQ((*aliases)[0].target_key_id, std::nullopt);
  EXPECT_EQ((*aliases)[1].target_key_id, "k");
  EXPECT_EQ(service.parameter("ListAliases", "Marker"), "m");
}

}  // namespace
}  // namespace argosy::cli
