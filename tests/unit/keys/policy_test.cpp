#include "keys/policy.h"

#include <gtest/gtest.h>

#include "keys/identifier.h"

namespace argosy::keys {
namespace {

std::string code_of(std::string const& document) {
  auto const parsed = parse_policy(document);
  return parsed ? "" : parsed.error().code;
}
/// A policy of one statement that lets everybody decrypt, but for what `changed` says of its members.
std::string with(std::string const& changed) {
  return R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*")" +
         changed + "}}";
}

TEST(Policy, takes_what_the_console_and_the_guides_write) {
  EXPECT_EQ(code_of(default_policy("111111111111")), "");
  EXPECT_EQ(code_of(ebs_managed_policy("111111111111", "us-east-1")), "");
  EXPECT_EQ(code_of(with("")), "");
  EXPECT_EQ(code_of(R"({"Version": "2008-10-17", "Id": "x", "Statement": [
      {"Sid": "Allow attachment of persistent resources", "Effect": "Allow",
       "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/Path/Name"],
                     "Service": ["autoscaling.amazonaws.com"]},
       "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": ["*"],
       "Condition": {"Bool": {"kms:GrantIsForAWSResource": true},
                     "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r-1/*"]}}}]})"),
            "");
}

TEST(Policy, refuses_what_it_cannot_enforce) {
  std::string const malformed = "MalformedPolicyDocumentException";
  for (
      std::string const document : {
          "",
          "[]",
          "{}",
          "nonsense",
          R"({"Statement": []})",
          R"({"Statement": "x"})",
          R"({"Statement": {"Effect": "Allow"}})",
          R"({"Version": "2020-01-01", "Statement": []})",
          R"({"Statement": {"Effect": "allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*"}})",
          R"({"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": "*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": [], "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ec2:*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": "x", "Action": "kms:*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": {"AWS": "x"}, "Action": "kms:*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": {"Federated": "x"}, "Action": "kms:*", "Resource": "*"}})",
          R"({"Statement": {"Effect": "Allow", "Principal": {}, "Action": "kms:*", "Resource": "*"}})",
      })
    EXPECT_EQ(code_of(document), malformed) << document;
  for (std::string const more : {
           R"(, "Sid": 1)",
           R"(, "Unknown": 1)",
           R"(, "NotAction": "kms:*")",
           R"(, "NotPrincipal": "*")",
           R"(, "NotResource": "*")",
           R"(, "Condition": [])",
           R"(, "Condition": {"StringEquals": "x"})",
           R"(, "Condition": {"NumericEquals": {"kms:CallerAccount": "1"}})",
           R"(, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}})",
           R"(, "Condition": {"StringEquals": {"kms:EncryptionContext:": "x"}})",
           R"(, "Condition": {"StringEquals": {"kms:CallerAccount": []}})",
           R"(, "Condition": {"StringEquals": {"kms:CallerAccount": 1}})",
           R"(, "Condition": {"StringEquals": {"kms:CallerAccount": "${aws:PrincipalAccount}"}})",
           R"(, "Condition": {"Bool": {"kms:GrantIsForAWSResource": "yes"}})",
           R"(, "Condition": {"Null": {"kms:ViaService": "no"}})",
           R"(, "Condition": {"NullIfExists": {"kms:ViaService": "true"}})",
           R"(, "Condition": {"ForAnyValue:Null": {"kms:ViaService": "true"}})",
           R"(, "Condition": {"ForSomeValues:StringEquals": {"kms:ViaService": "x"}})",
       })
    EXPECT_EQ(code_of(with(more)), malformed) << more;
  EXPECT_EQ(code_of(with(R"(, "Sid": ")" + std::string(kMaxPolicyBytes, 'x') + "\"")),
            "LimitExceededException");
}

TEST(Policy, is_put_only_with_each_element_once_and_read_as_it_was_stored) {
  std::string const statement = R"("Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*")";
  std::string const denial = R"("Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*")";
  std::vector<std::pair<std::string, std::string>> const twice{
      {R"({"Statement": {)" + denial + R"(}, "Statement": {)" + statement + "}}", "Statement"},
      {R"({"Statement": {)" + statement + R"(}, "Stat\u0065ment": {)" + statement + "}}", "Statement"},
      {R"({"Statement": [{)" + statement + "}, {" + denial + R"(, "Effect": "Allow"}]})", "Effect"},
      {with(R"(, "Action": "kms:*")"), "Action"},
      {R"({"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                         "Principal": {"AWS": "111122223333", "AWS": "*"}}})",
       "AWS"},
      {with(R"(, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"},
                              "StringEquals": {"kms:ViaService": "ec2"}})"),
       "StringEquals"},
      {with(R"(, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
                "Condition": {"StringEquals": {"kms:ViaService": "ec2"}})"),
       "Condition"},
      {with(R"(, "Condition": {"StringEquals": {"kms:ViaService": "ec2", "kms:CallerAccount": "1",
                                               "kms:ViaService": ["a"]}})"),
       "kms:ViaService"},
  };
  for (auto const& [document, name] : twice) {
    auto const put = parse_new_policy(document);
    ASSERT_FALSE(put) << document;
    EXPECT_EQ(put.error().code, "MalformedPolicyDocumentException");
    EXPECT_TRUE(put.error().message.starts_with("The element " + name + " is there twice"))
        << put.error().message;
    EXPECT_EQ(code_of(document), "") << document;
  }
}

TEST(Policy, is_put_with_an_element_in_each_of_several_places) {
  auto const put = parse_new_policy(R"({"Statement": [
      {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition":
        {"StringEquals": {"kms:ViaService": "a"}, "StringNotEquals": {"kms:ViaService": "b"}}},
      {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition":
        {"StringEquals": {"kms:ViaService": "c"}}}]})");
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(put->statements[0].conditions.size(), 2U);
  EXPECT_EQ(parse_new_policy("{").error().code, "MalformedPolicyDocumentException");
  EXPECT_EQ(parse_new_policy(std::string(kMaxPolicyBytes + 1, ' ')).error().code, "LimitExceededException");
}

TEST(Policy, is_read_however_many_values_its_bytes_hold) {
  std::string values = "\"\"";
  while (values.size() < kMaxPolicyBytes - 300) values += ",\"\"";
  auto const document = with(R"(, "Condition": {"StringEquals": {"kms:ViaService": [)" + values + "]}}");
  ASSERT_LE(document.size(), kMaxPolicyBytes);
  EXPECT_EQ(code_of(document), "");
}

TEST(Identifier, is_read_in_its_four_forms) {
  std::string const id = "1234abcd-12ab-34cd-56ef-1234567890ab";
  auto const plain = parse_identifier(id);
  EXPECT_EQ(plain->name, id);
  EXPECT_EQ(plain->account, "");
  auto const multi = parse_identifier("mrk-1234abcd12ab34cd56ef1234567890ab");
  EXPECT_EQ(multi->kind, Identifier::Kind::key);
  auto const arn = parse_identifier(key_arn("us-east-1", "111122223333", id));
  EXPECT_EQ(arn->name, id);
  EXPECT_EQ(arn->region, "us-east-1");
  EXPECT_EQ(arn->account, "111122223333");
  auto const alias = parse_identifier("alias/project/key-1");
  EXPECT_EQ(alias->kind, Identifier::Kind::alias);
  EXPECT_EQ(alias->name, "alias/project/key-1");
  auto const alias_name = parse_identifier(alias_arn("us-east-1", "111122223333", "alias/x"));
  EXPECT_EQ(alias_name->kind, Identifier::Kind::alias);
  EXPECT_EQ(alias_name->name, "alias/x");
}

TEST(Identifier, is_refused_in_any_other) {
  auto code = [](std::string const& text) { return parse_identifier(text).error().code; };
  EXPECT_EQ(code(""), "ValidationException");
  EXPECT_EQ(code(std::string(3'000, 'a')), "ValidationException");
  for (auto const* text : {"x", "alias/", "alias/a b", "1234ABCD-12ab-34cd-56ef-1234567890ab", "mrk-1234",
                           "arn:aws:kms:us-east-1:111122223333:key/x"})
    EXPECT_EQ(code(text), "NotFoundException") << text;
  for (auto const* text :
       {"arn:", "arn:aws:kms:us-east-1:111122223333",
        "arn:aws:kms:us-east-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:iam::111122223333:root",
        "arn:aws:kms::111122223333:alias/x", "arn:aws:kms:us-east-1:111122223333:x/y"})
    EXPECT_EQ(code(text), "InvalidArnException") << text;
}

TEST(Identifier, of_a_key_is_its_bits_and_back) {
  auto const entropy = seeded_entropy(1);
  for (bool const multi_region : {false, true}) {
    auto const id = make_key_id(*entropy, multi_region);
    EXPECT_TRUE(is_key_id(id)) << id;
    EXPECT_EQ(is_multi_region_id(id), multi_region);
    EXPECT_EQ(from_bits(to_bits(id), multi_region), id);
  }
}

TEST(Identifier, of_an_alias_keeps_to_what_accounts_may_name) {
  EXPECT_TRUE(check_alias_name("alias/my/key_1-x"));
  EXPECT_EQ(check_alias_name("key").error().code, "ValidationException");
  for (auto const& alias : {std::string("alias/"), std::string("alias/a:b"), std::string("alias/aws/ebs"),
                            "alias/" + std::string(251, 'x')})
    EXPECT_EQ(check_alias_name(alias).error().code, "InvalidAliasNameException") << alias;
}

TEST(Identifier, of_a_principal_is_an_account_a_user_or_a_role) {
  EXPECT_EQ(*parse_principal("111122223333"), "arn:aws:iam::111122223333:root");
  for (auto const* text :
       {"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/division/bob",
        "arn:aws:iam::111122223333:role/r", "arn:aws:sts::111122223333:assumed-role/r/s"}) {
    EXPECT_EQ(*parse_principal(text), text);
    EXPECT_EQ(account_of(*parse_principal(text)), "111122223333");
  }
  for (auto const* text :
       {"", "bob", "ec2.amazonaws.com", "arn:aws:iam::111122223333:group/g", "arn:aws:iam::1:root",
        "arn:aws:iam::111122223333:user/", "arn:aws:iam::111122223333:user/*",
        "arn:aws:organizations::111122223333:organization/o-1", "arn:aws:iam:us-east-1:111122223333:root"})
    EXPECT_EQ(parse_principal(text).error().code, "InvalidArnException") << text;
}

}  // namespace
}  // namespace argosy::keys
