#include "cli/permissions.h"

#include <gtest/gtest.h>

#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

constexpr char const* kOrganization = "arn:aws:organizations::123456789012:organization/o-abc";
constexpr char const* kUnit = "arn:aws:organizations::123456789012:ou/o-abc/ou-def";

TEST(Audience, is_sorted_into_accounts_organizations_and_units) {
  auto audience = parse_audience({"000000000001", kUnit, kOrganization, "000000000001"});
  ASSERT_TRUE(audience);
  EXPECT_EQ(audience->accounts, std::vector<std::string>{"000000000001"});
  EXPECT_EQ(audience->organizations, std::vector<std::string>{kOrganization});
  EXPECT_EQ(audience->units, std::vector<std::string>{kUnit});
  EXPECT_EQ(show_audience(*audience), "1 account, 1 organization, 1 unit");
}

TEST(Audience, refuses_what_is_neither) {
  for (auto word :
       {"12345678901", "1234567890123", "12345678901x", "o-abc", "all", "arn:aws:iam::123456789012:root"})
    EXPECT_EQ(parse_audience({word}).error().exit, Exit::usage) << word;
}

TEST(Audience, of_snapshots_has_no_organizations) {
  EXPECT_TRUE(check_snapshot_audience({{"123456789012"}, {}, {}, true}));
  EXPECT_EQ(check_snapshot_audience(*parse_audience({kUnit})).error().exit, Exit::usage);
}

TEST(Audience, is_read_from_launch_permissions) {
  std::vector<ec2::LaunchPermission> permissions(3);
  permissions[0].user_id = "123456789012";
  permissions[1].group = "all";
  permissions[2].organization_arn = kOrganization;
  auto audience = to_audience(permissions);
  EXPECT_TRUE(audience.everybody);
  EXPECT_EQ(show_audience(audience), "public, 1 account, 1 organization");
  EXPECT_EQ(show_audience({}), "-");
}

TEST(SnapshotPermissions, are_taken_from_each_snapshot_also_after_one_that_refuses) {
  ScriptedService service;
  service.answers["ModifySnapshotAttribute"] = {ec2_error("UnauthorizedOperation"), "<R/>",
                                                ec2_error("InternalError")};
  auto session = service.open();
  auto changed = change_snapshot_permissions(*session, {"snap-1", "snap-2", "snap-3"}, Change::revoke,
                                             {{"123456789012"}, {}, {}, false});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, "UnauthorizedOperation");
  EXPECT_EQ(service.parameters("ModifySnapshotAttribute", "SnapshotId"),
            (std::vector<std::string>{"snap-1", "snap-2", "snap-3"}));
}

}  // namespace
}  // namespace argosy::cli
