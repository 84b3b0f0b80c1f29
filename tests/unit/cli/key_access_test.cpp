#include "cli/key_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char const* kAccount = "123456789012";
constexpr char const* kChange = "aws kms put-key-policy --region us-west-2 --key-id ";

/// A key whose policy names its owner, and the grants of a test.
class Access : public testing::Test {
 protected:
  Access() {
    key_.arn = "arn:aws:kms:us-west-2:210987654321:key/0d990263-018e-4e65-a703-eff731de951e";
    set_policy("arn:aws:iam::210987654321:root", "kms:*");
    rules_.grants.emplace();
  }
  void set_policy(std::string const& principal, std::string const& action) {
    rules_.policy =
        boost::json::parse(R"({"Statement": [{"Effect": "Allow", "Resource": "*", "Principal": {"AWS": ")" +
                           principal + R"("}, "Action": ")" + action + R"("}]})");
  }
  /// Everybody, `action`, under the condition.
  void add_denial(std::string const& action, std::string const& condition = "{}") {
    auto& statements = rules_.policy->as_object()["Statement"].as_array();
    statements.push_back(
        boost::json::parse(R"({"Effect": "Deny", "Resource": "*", "Principal": "*", "Action": ")" + action +
                           R"(", "Condition": )" + condition + "}"));
  }
  kms::GrantListEntry& add_grant(std::vector<std::string> operations,
                                 std::string const& grantee = "arn:aws:iam::123456789012:root") {
    auto& grant = rules_.grants->emplace_back();
    grant.operations = std::move(operations);
    grant.grantee_principal = grantee;
    return grant;
  }
  KeyAccess judge() const { return judge_access(rules_, key_, kAccount); }
  static std::vector<std::string> all_operations() {
    return {kImageOperations.begin(), kImageOperations.end()};
  }

  kms::KeyMetadata key_;
  KeyRules rules_;
};

TEST_F(Access, is_closed_where_nothing_opens_it) {
  auto access = judge();
  EXPECT_EQ(access.answer, Answer::no);
  EXPECT_EQ(access.missing, all_operations());
  EXPECT_TRUE(access.through.empty());
}

TEST_F(Access, is_opened_by_a_policy) {
  set_policy(kAccount, "kms:*");
  EXPECT_EQ(judge().answer, Answer::yes);
  EXPECT_EQ(judge().through, "its policy");
}

TEST_F(Access, is_opened_by_a_grant) {
  add_grant(all_operations());
  EXPECT_EQ(judge().answer, Answer::yes);
  EXPECT_EQ(judge().through, "a grant");
  EXPECT_THAT(judge().missing, IsEmpty());
}

TEST_F(Access, is_opened_by_a_grant_in_the_partition_of_the_key) {
  key_.arn = "arn:aws-cn:kms:cn-north-1:210987654321:key/0d990263-018e-4e65-a703-eff731de951e";
  add_grant(all_operations(), "arn:aws-cn:iam::123456789012:root");
  EXPECT_EQ(judge().answer, Answer::yes);
  EXPECT_EQ(root_arn(kAccount, key_.arn), "arn:aws-cn:iam::123456789012:root");
  EXPECT_EQ(root_arn(kAccount, "alias/images"), "arn:aws:iam::123456789012:root");
}

TEST_F(Access, is_opened_by_policy_and_grant_together) {
  set_policy(kAccount, "kms:DescribeKey");
  add_grant({"CreateGrant", "Decrypt", "ReEncryptFrom", "GenerateDataKeyWithoutPlaintext"});
  EXPECT_EQ(judge().answer, Answer::yes);
  EXPECT_EQ(judge().through, "its policy and a grant");
}

TEST_F(Access, names_what_a_grant_leaves_out) {
  add_grant({"DescribeKey", "CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext"});
  EXPECT_EQ(judge().answer, Answer::no);
  EXPECT_THAT(judge().missing, ElementsAre("ReEncryptFrom"));
}

TEST_F(Access, without_a_data_key_is_a_maybe) {
  add_grant({"DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom"});
  EXPECT_EQ(judge().answer, Answer::maybe);
  EXPECT_THAT(judge().missing, ElementsAre("GenerateDataKeyWithoutPlaintext"));
}

TEST_F(Access, that_the_policy_denies_is_opened_by_no_grant) {
  add_grant(all_operations());
  add_denial("kms:Decrypt");
  EXPECT_EQ(judge().answer, Answer::no);
  EXPECT_THAT(judge().denied, ElementsAre("Decrypt"));
  EXPECT_THAT(judge().missing, IsEmpty());
  rules_.grants.reset();
  EXPECT_EQ(judge().answer, Answer::no) << "whatever grants there are";
}

TEST_F(Access, that_is_denied_and_that_nothing_opens_needs_policy_and_grant) {
  add_denial("kms:Decrypt");
  EXPECT_THAT(judge().denied, ElementsAre("Decrypt"));
  EXPECT_EQ(judge().missing, all_operations()) << "without the denial nothing opens it either";
  EXPECT_EQ(command_that_opens(judge(), key_.arn, "GRANT"), kChange + key_.arn + ", then GRANT");
  add_grant(all_operations());
  EXPECT_EQ(command_that_opens(judge(), key_.arn, "GRANT"), kChange + key_.arn);
}

TEST_F(Access, is_not_opened_by_what_is_perhaps_not_needed) {
  add_denial("kms:GenerateDataKeyWithoutPlaintext");
  EXPECT_EQ(judge().answer, Answer::no);
  EXPECT_EQ(command_that_opens(judge(), key_.arn, "GRANT"), "GRANT") << "the rest is closed";
  add_grant(all_operations());
  EXPECT_EQ(judge().answer, Answer::maybe);
  EXPECT_EQ(command_that_opens(judge(), key_.arn, "GRANT"), kChange + key_.arn) << "no grant opens this";
}

TEST_F(Access, that_the_policy_may_deny_is_a_maybe_whatever_a_grant_gives) {
  add_grant(all_operations());
  add_denial("kms:Decrypt", R"({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})");
  EXPECT_EQ(judge().answer, Answer::maybe);
  EXPECT_THAT(judge().denied, IsEmpty());
}

TEST_F(Access, by_a_grant_to_a_role_or_with_constraints_is_a_maybe) {
  add_grant(all_operations(), "arn:aws:iam::123456789012:role/builder");
  EXPECT_EQ(judge().answer, Answer::maybe);
  rules_.grants->clear();
  add_grant(all_operations()).constraints.emplace();
  EXPECT_EQ(judge().answer, Answer::maybe);
  rules_.grants->clear();
  add_grant(all_operations(), "arn:aws:iam::000000000001:root");
  EXPECT_EQ(judge().answer, Answer::no);
}

TEST_F(Access, is_a_maybe_where_the_rules_may_not_be_read) {
  EXPECT_TRUE(judge().all_is_known);
  rules_ = {};
  EXPECT_EQ(judge().answer, Answer::maybe);
  EXPECT_FALSE(judge().all_is_known);
}

}  // namespace
}  // namespace argosy::cli
