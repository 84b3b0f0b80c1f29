#include "cli/key_policy.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

constexpr char const* kAccount = "123456789012";
constexpr char const* kArn = "arn:aws:kms:us-west-2:210987654321:key/0d990263-018e-4e65-a703-eff731de951e";

/// What a policy of these statements says to the account's Decrypt, or another action.
Answer ask(std::string const& statements, std::string const& action = "kms:Decrypt") {
  auto policy = boost::json::parse(R"({"Version": "2012-10-17", "Statement": )" + statements + "}");
  return decide(ask_policy(policy, {kAccount, action, kArn}), Answer::no);
}
std::string statement(std::string const& effect, std::string const& principal,
                      std::string const& rest = R"("Action": "kms:*", "Resource": "*")") {
  return R"({"Effect": ")" + effect + R"(", "Principal": )" + principal + ", " + rest + "}";
}
std::string allow_if(std::string const& condition) {
  return statement("Allow", R"("*")",
                   R"("Action": "kms:*", "Resource": "*", "Condition": {)" + condition + "}");
}
constexpr char const* kRoot = R"({"AWS": "arn:aws:iam::123456789012:root"})";

TEST(KeyPolicy, opens_to_the_account_however_it_is_written) {
  for (auto const* principal : {kRoot, R"({"AWS": "123456789012"})", R"("*")", R"({"AWS": "*"})",
                                R"({"AWS": ["000000000001", "123456789012"]})"})
    EXPECT_EQ(ask(statement("Allow", principal)), Answer::yes) << principal;
}

TEST(KeyPolicy, does_not_open_to_others) {
  EXPECT_EQ(ask("[]"), Answer::no);
  EXPECT_EQ(ask(statement("Allow", R"({"AWS": "000000000001"})")), Answer::no);
  EXPECT_EQ(ask(statement("Allow", R"({"Service": "ec2.amazonaws.com"})")), Answer::no);
  EXPECT_EQ(ask_policy(boost::json::parse("[]"), {kAccount, "kms:Decrypt", kArn}).allows, Answer::no);
}

TEST(KeyPolicy, that_opens_to_a_user_of_the_account_is_a_maybe) {
  EXPECT_EQ(ask(statement("Allow", R"({"AWS": "arn:aws:iam::123456789012:user/ann"})")), Answer::maybe);
}

TEST(KeyPolicy, names_actions_and_resources_by_patterns) {
  auto actions = [](std::string const& list) {
    return statement("Allow", kRoot, R"("Action": )" + list + R"(, "Resource": "*")");
  };
  EXPECT_EQ(ask(actions(R"(["kms:ReEncrypt*", "kms:decrypt"])")), Answer::yes);
  EXPECT_EQ(ask(actions(R"("kms:ReEncrypt*")"), "kms:ReEncryptFrom"), Answer::yes);
  EXPECT_EQ(ask(actions(R"("kms:De?rypt")")), Answer::yes);
  EXPECT_EQ(ask(actions(R"("kms:Describe*")")), Answer::no);
  EXPECT_EQ(ask(statement("Allow", kRoot, R"("NotAction": "kms:Put*", "Resource": "*")")), Answer::yes);
  EXPECT_EQ(ask(statement("Allow", kRoot, R"("NotAction": "kms:De*", "Resource": "*")")), Answer::no);
  EXPECT_EQ(ask(statement("Allow", kRoot, R"("Action": "*", "Resource": "arn:aws:kms:*:*:key/0d*")")),
            Answer::yes);
  EXPECT_EQ(ask(statement("Allow", kRoot, R"("Action": "*", "Resource": "arn:aws:kms:*:*:key/1*")")),
            Answer::no);
}

TEST(KeyPolicy, that_denies_wins) {
  auto allow = statement("Allow", kRoot);
  EXPECT_EQ(ask("[" + allow + "," + statement("Deny", R"("*")") + "]"), Answer::no);
  auto deny_others = statement("Deny", R"({"AWS": "000000000001"})");
  EXPECT_EQ(ask("[" + allow + "," + deny_others + "]"), Answer::yes);
  auto deny_if = statement(
      "Deny", R"("*")",
      R"("Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})");
  EXPECT_EQ(ask("[" + allow + "," + deny_if + "]"), Answer::maybe);
}

TEST(KeyPolicy, that_denies_wins_over_grants) {
  EXPECT_EQ(decide({Answer::no, Answer::no}, Answer::yes), Answer::yes);
  EXPECT_EQ(decide({Answer::yes, Answer::maybe}, Answer::yes), Answer::maybe);
  EXPECT_EQ(decide({Answer::yes, Answer::yes}, Answer::yes), Answer::no);
}

TEST(KeyPolicy, has_conditions_that_hold_where_what_they_ask_for_is_not_there) {
  EXPECT_EQ(ask(allow_if(R"("StringLikeIfExists": {"kms:ViaService": "ec2.*.amazonaws.com"})")), Answer::yes);
  EXPECT_EQ(ask(allow_if(R"("StringLikeIfExists": {"kms:ViaService": "s3.*.amazonaws.com"})")), Answer::no);
  auto for_resources = allow_if(R"("BoolIfExists": {"kms:GrantIsForAWSResource": "true"})");
  EXPECT_EQ(ask(for_resources, "kms:CreateGrant"), Answer::yes);
  EXPECT_EQ(ask(for_resources), Answer::yes);
}

TEST(KeyPolicy, has_conditions_of_which_some_are_known) {
  EXPECT_EQ(ask(allow_if(R"("StringEquals": {"kms:CallerAccount": "123456789012"})")), Answer::yes);
  EXPECT_EQ(ask(allow_if(R"("StringEquals": {"kms:CallerAccount": "000000000001"})")), Answer::no);
  EXPECT_EQ(ask(allow_if(R"("StringLike": {"kms:ViaService": "ec2.*.amazonaws.com"})")), Answer::yes);
  EXPECT_EQ(ask(allow_if(R"("StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"})")), Answer::no);
  EXPECT_EQ(ask(allow_if(R"("StringEquals": {"aws:PrincipalOrgID": "o-1"})")), Answer::maybe);
  auto for_resources = allow_if(R"("Bool": {"kms:GrantIsForAWSResource": "true"})");
  EXPECT_EQ(ask(for_resources, "kms:CreateGrant"), Answer::yes);
  EXPECT_EQ(ask(for_resources), Answer::no);
}

}  // namespace
}  // namespace argosy::cli
