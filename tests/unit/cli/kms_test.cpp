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

TEST(Kms, makes_an_alias_also_where_the_answer_to_the_first_attempt_was_lost) {
  ScriptedService service;
  service.answers["CreateAlias"] = {kms_error("AlreadyExistsException")};
  service.answers["ListAliases"] = {
      R"({"Aliases": [{"AliasName": "alias/a", "AliasArn": "arn:1", "TargetKeyId": "k"}], "Truncated": false})"};
  auto session = service.open();
  EXPECT_TRUE(create_alias(*session, "alias/a", "k"));
  EXPECT_EQ(create_alias(*session, "alias/a", "another").error().code, "AlreadyExistsException");
}

}  // namespace
}  // namespace argosy::cli
