#include "cli/share_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/encryption.h"
#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char const* kArn = "arn:aws:kms:us-west-2:210987654321:key/0d990263-018e-4e65-a703-eff731de951e";
constexpr char const* kAccount = "123456789012";

std::string key(std::string const& state, std::string const& manager = "CUSTOMER") {
  return std::string(R"({"KeyMetadata": {"AWSAccountId": "210987654321", "KeyId": "0d990263", "Arn": ")") +
         kArn +
         R"(", "Description": "", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
             "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": ")" +
         state + R"(", "KeyManager": ")" + manager + R"("}})";
}
/// A key policy that names accounts and may deny them something, as GetKeyPolicy answers.
std::string policy(std::string const& accounts, std::string const& denied = "Nothing") {
  auto const statement = [&](std::string const& effect, std::string const& action) {
    return R"({"Effect": ")" + effect + R"(", "Principal": {"AWS": [)" + accounts + R"(]}, "Action": "kms:)" +
           action + R"(", "Resource": "*"})";
  };
  boost::json::object answer{{"PolicyName", "default"}};
  answer["Policy"] = R"({"Statement": [)" + statement("Allow", "*") + ", " + statement("Deny", denied) + "]}";
  return boost::json::serialize(answer);
}
std::string grant(std::string const& id, std::string const& name) {
  return R"({"KeyId": "k", "GrantId": ")" + id + R"(", "Name": ")" + name +
         R"(", "GranteePrincipal": "arn:aws:iam::123456789012:root", "IssuingAccount": "x",
             "Operations": ["Decrypt"]})";
}

/// An image of one disk under a key that is closed to everybody but its owner.
class SharedImage : public testing::Test {
 protected:
  SharedImage() {
    image.image_id = "ami-1";
    auto& volume = image.block_device_mapping.emplace_back().ebs.emplace();
    volume.encrypted = true;
    volume.snapshot_id = "snap-1";
    service.answers = {{"DescribeSnapshots",
                        {std::string("<R><snapshotSet><item><snapshotId>snap-1</snapshotId><kmsKeyId>") +
                         kArn + "</kmsKeyId></item></snapshotSet></R>"}},
                       {"DescribeKey", {key("Enabled")}},
                       {"GetKeyPolicy", {policy(R"("210987654321")")}},
                       {"ListGrants", {R"({"Grants": [], "Truncated": false})"}},
                       {"CreateGrant", {R"({"GrantId": "g", "GrantToken": "t"})"}},
                       {"RevokeGrant", {""}},
                       {"GenerateDataKeyWithoutPlaintext", {kms_error("DryRunOperationException")}}};
    session = service.open();
    audience.accounts = {kAccount};
  }
  ShareCheck check(bool with_key) { return *check_share(*session, to_shared(image), audience, with_key); }

  ScriptedService service;
  std::unique_ptr<Session> session;
  ec2::Image image;
  Audience audience;
};

TEST_F(SharedImage, that_is_not_encrypted_needs_no_key) {
  image.block_device_mapping.front().ebs->encrypted = false;
  EXPECT_THAT(check(false).warnings, IsEmpty());
  EXPECT_TRUE(give_keys(*session, to_shared(image), {kAccount}));
  EXPECT_THAT(service.actions(), IsEmpty());
}

TEST_F(SharedImage, under_a_closed_key_is_warned_of_with_the_command_that_opens_it) {
  auto found = check(false);
  EXPECT_THAT(found.obstacles, IsEmpty()) << "EC2 lets it be shared";
  ASSERT_THAT(found.warnings, SizeIs(1));
  EXPECT_EQ(found.warnings[0].remedy,
            std::string("argosy share us-west-2/ami-1 ") + kAccount + " --with-key");
  EXPECT_THAT(check(true).warnings, IsEmpty());
}

TEST_F(SharedImage, under_an_open_key_is_not_warned_of) {
  service.answers["GetKeyPolicy"] = {policy(std::string("\"") + kAccount + "\"")};
  EXPECT_THAT(check(false).warnings, IsEmpty());
}

TEST_F(SharedImage, under_a_key_that_aws_manages_is_refused) {
  service.answers["DescribeKey"] = {key("Enabled", "AWS")};
  for (bool with_key : {false, true}) EXPECT_THAT(check(with_key).obstacles, SizeIs(1));
}

TEST_F(SharedImage, that_is_encrypted_is_not_for_everybody) {
  audience.everybody = true;
  EXPECT_THAT(check(true).obstacles, SizeIs(1));
}

TEST_F(SharedImage, under_a_disabled_key_cannot_be_shared_with_it) {
  service.answers["DescribeKey"] = {key("Disabled")};
  EXPECT_THAT(check(true).obstacles, SizeIs(1));
  EXPECT_THAT(check(false).obstacles, IsEmpty());
}

TEST_F(SharedImage, gives_its_key_by_a_grant_of_its_own_name) {
  ASSERT_TRUE(give_keys(*session, to_shared(image), {kAccount}));
  EXPECT_EQ(service.parameter("CreateGrant", "Name"), std::string("argosy:") + kAccount + ":ami-1");
  EXPECT_EQ(service.parameter("CreateGrant", "KeyId"), kArn);
  EXPECT_EQ(service.parameter("CreateGrant", "GranteePrincipal"), "arn:aws:iam::123456789012:root");
}

TEST_F(SharedImage, takes_only_what_it_gave) {
  service.answers["ListGrants"] = {
      R"({"Truncated": false, "Grants": [)" + grant("by-hand", "argosy:123456789012") + "," +
      grant("its-own", "argosy:123456789012:ami-1") + "," + grant("anothers", "argosy:123456789012:ami-2") +
      "," + grant("of-another-account", "argosy:000000000001:ami-1") + "]}"};
  ASSERT_TRUE(take_keys(*session, to_shared(image), {kAccount}));
  EXPECT_EQ(service.count("RevokeGrant"), 1);
  EXPECT_EQ(service.parameter("RevokeGrant", "GrantId"), "its-own");
  ASSERT_TRUE(take_keys(*session, to_shared(image), {}));
  EXPECT_EQ(service.count("RevokeGrant"), 3) << "of all accounts, with this image";
}

TEST_F(SharedImage, that_is_gone_leaves_no_grant_behind) {
  service.answers["ListGrants"] = {
      R"({"Truncated": false, "Grants": [)" + grant("by-hand", "argosy:123456789012") + "," +
      grant("its-own", "argosy:123456789012:ami-1") + "," + grant("anothers", "argosy:123456789012:ami-2") +
      "," + grant("its-disks", "argosy:000000000001:snap-1") + "]}"};
  auto taken = take_keys_of_gone(*session, {"ami-1", "snap-1"}, {kArn});
  EXPECT_FALSE(taken.failure) << taken.failure->message;
  EXPECT_EQ(taken.count, 2U);
  EXPECT_THAT(service.parameters("RevokeGrant", "GrantId"), ElementsAre("its-own", "its-disks"));
  EXPECT_EQ(service.count("DescribeSnapshots"), 0) << "they are gone, too";
}

TEST_F(SharedImage, takes_from_the_keys_that_it_can) {
  auto const disk = [](std::string const& id, std::string const& key) {
    return "<item><snapshotId>" + id + "</snapshotId><kmsKeyId>" + key + "</kmsKeyId></item>";
  };
  service.answers["DescribeSnapshots"] = {"<R><snapshotSet>" +
                                          disk("snap-1", std::string("another-") + kArn) +
                                          disk("snap-2", kArn) + "</snapshotSet></R>"};
  service.answers["ListGrants"] = {
      kms_error("AccessDeniedException"),
      R"({"Truncated": false, "Grants": [)" + grant("its-own", "argosy:123456789012:ami-1") + "]}"};
  auto taken = take_keys(*session, to_shared(image), {kAccount});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "AccessDeniedException");
  EXPECT_EQ(service.parameter("RevokeGrant", "GrantId"), "its-own");
}

TEST_F(SharedImage, takes_the_grants_that_it_can) {
  service.answers["ListGrants"] = {R"({"Truncated": false, "Grants": [)" +
                                   grant("first", "argosy:123456789012:ami-1") + "," +
                                   grant("second", "argosy:123456789012:ami-1") + "]}"};
  service.answers["RevokeGrant"] = {kms_error("KMSInvalidStateException"), ""};
  auto taken = take_keys(*session, to_shared(image), {kAccount});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "KMSInvalidStateException");
  EXPECT_EQ(service.parameter("RevokeGrant", "GrantId"), "second");
}

TEST_F(SharedImage, that_is_gone_says_how_many_grants_went_also_where_one_stays) {
  service.answers["ListGrants"] = {R"({"Truncated": false, "Grants": [)" +
                                   grant("first", "argosy:123456789012:ami-1") + "," +
                                   grant("second", "argosy:123456789012:ami-1") + "]}"};
  service.answers["RevokeGrant"] = {kms_error("KMSInvalidStateException"), ""};
  auto const taken = take_keys_of_gone(*session, {"ami-1"}, {kArn});
  EXPECT_EQ(taken.count, 1U);
  ASSERT_TRUE(taken.failure);
  EXPECT_EQ(taken.failure->code, "KMSInvalidStateException");
}

TEST_F(SharedImage, does_not_mind_a_grant_that_is_gone_when_it_is_to_go) {
  service.answers["ListGrants"] = {R"({"Truncated": false, "Grants": [)" +
                                   grant("first", "argosy:123456789012:ami-1") + "," +
                                   grant("second", "argosy:123456789012:ami-1") + "]}"};
  service.answers["RevokeGrant"] = {kms_error("NotFoundException"), ""};
  EXPECT_TRUE(take_keys(*session, to_shared(image), {kAccount}));
  EXPECT_EQ(service.count("RevokeGrant"), 2);
}

TEST_F(SharedImage, under_a_key_that_is_closed_says_that_nothing_was_taken) {
  service.answers["DescribeKey"] = {kms_error("AccessDeniedException")};
  auto taken = take_keys(*session, to_shared(image), {kAccount});
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("may still be there"), std::string::npos);
  service.answers["DescribeKey"] = {kms_error("NotFoundException")};
  EXPECT_TRUE(take_keys(*session, to_shared(image), {kAccount})) << "a key that is gone opens nothing";
}

TEST_F(SharedImage, may_be_a_snapshot_alone) {
  Shared const snapshot{"snap-1", {"snap-1"}};
  auto found = check_share(*session, snapshot, audience, false);
  ASSERT_THAT(found->warnings, SizeIs(1));
  EXPECT_EQ(found->warnings[0].remedy,
            std::string("argosy snapshot share us-west-2/snap-1 ") + kAccount + " --with-key");
  ASSERT_TRUE(give_keys(*session, snapshot, {kAccount}));
  EXPECT_EQ(service.parameter("CreateGrant", "Name"), std::string("argosy:") + kAccount + ":snap-1");
  service.answers["DescribeKey"] = {key("Enabled", "AWS")};
  found = check_share(*session, snapshot, audience, false);
  ASSERT_THAT(found->obstacles, SizeIs(1));
  EXPECT_NE(found->obstacles[0].remedy.find("aws ec2 copy-snapshot"), std::string::npos);
}

TEST_F(SharedImage, has_a_key_that_is_checked_before_a_copy_begins) {
  auto found = check_key(*session, "alias/images", {});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->key_arn, kArn);
  EXPECT_THAT(found->obstacles, IsEmpty());
  EXPECT_EQ(service.count("ListGrants"), 0) << "nobody is to share it";
  found = check_key(*session, "alias/images", audience);
  ASSERT_THAT(found->obstacles, SizeIs(1));
  EXPECT_EQ(found->obstacles[0].remedy,
            std::string("argosy key grant us-west-2/0d990263-018e-4e65-a703-eff731de951e ") + kAccount);
}

TEST_F(SharedImage, has_a_key_of_which_no_grant_is_named_that_its_policy_denies) {
  service.answers["GetKeyPolicy"] = {
      policy(std::string("\"") + kAccount + "\"", "GenerateDataKeyWithoutPlaintext")};
  auto const found = check_key(*session, "alias/images", audience);
  EXPECT_THAT(found->obstacles, IsEmpty());
  ASSERT_THAT(found->notes, SizeIs(1));
  EXPECT_EQ(found->notes[0].find("argosy key grant"), std::string::npos) << found->notes[0];
  EXPECT_NE(found->notes[0].find("aws kms put-key-policy"), std::string::npos) << found->notes[0];
}

TEST_F(SharedImage, has_a_key_that_may_be_missing_or_closed_to_the_caller) {
  service.answers["DescribeKey"] = {kms_error("NotFoundException")};
  auto found = check_key(*session, "alias/images", {});
  ASSERT_THAT(found->obstacles, SizeIs(1));
  EXPECT_EQ(found->obstacles[0].remedy, "argosy key create us-west-2 --alias alias/images");
  service.answers["DescribeKey"] = {key("Enabled")};
  service.answers["GenerateDataKeyWithoutPlaintext"] = {kms_error("AccessDeniedException")};
  service.answers["GetKeyPolicy"] = {kms_error("AccessDeniedException")};
  service.answers["GetCallerIdentity"] = {
      "<R><GetCallerIdentityResult><Arn>arn:x</Arn><UserId>x</UserId><Account>000000000001</Account>"
      "</GetCallerIdentityResult></R>"};
  found = check_key(*session, kArn, {});
  ASSERT_THAT(found->obstacles, SizeIs(1));
  EXPECT_NE(found->obstacles[0].remedy.find("argosy key grant us-west-2/0d990263"), std::string::npos);
  service.answers["GetKeyPolicy"] = {policy(R"("000000000001")")};
  EXPECT_THAT(check_key(*session, kArn, {})->obstacles, IsEmpty()) << "it is open through EC2";
}

TEST_F(SharedImage, is_copied_by_whom_nothing_that_is_known_keeps_from_it) {
  SourceDisks const source{true, true, false, {kArn}};
  service.answers["GetCallerIdentity"] = {
      "<R><GetCallerIdentityResult><Arn>arn:x</Arn><UserId>x</UserId><Account>123456789012</Account>"
      "</GetCallerIdentityResult></R>"};
  auto found = check_source_keys(*session, source);
  ASSERT_THAT(found->obstacles, SizeIs(1)) << "nothing opens it";
  service.answers["GetKeyPolicy"] = {kms_error("AccessDeniedException")};
  found = check_source_keys(*session, source);
  EXPECT_THAT(found->obstacles, IsEmpty());
  EXPECT_THAT(found->notes, IsEmpty());
  service.answers["DescribeKey"] = {kms_error("AccessDeniedException")};
  found = check_source_keys(*session, source);
  EXPECT_THAT(found->obstacles, IsEmpty()) << "its policy may open it through EC2 alone";
  EXPECT_THAT(found->notes, SizeIs(1));
  service.answers["DescribeKey"] = {key("Disabled")};
  EXPECT_THAT(check_source_keys(*session, source)->obstacles, SizeIs(1));
  EXPECT_EQ(service.count("GenerateDataKeyWithoutPlaintext"), 0);
}

TEST_F(SharedImage, is_copied_under_the_default_key_which_cannot_be_shared) {
  service.answers["GetEbsEncryptionByDefault"] = {
      "<R><ebsEncryptionByDefault>true</ebsEncryptionByDefault></R>"};
  service.answers["GetEbsDefaultKmsKeyId"] = {"<R><kmsKeyId>alias/aws/ebs</kmsKeyId></R>"};
  service.answers["DescribeKey"] = {key("Enabled", "AWS")};
  SourceDisks const plain{false, false, true, {}};
  EXPECT_THAT(check_copy(*session, plain, {}, audience)->obstacles, SizeIs(1));
  EXPECT_THAT(check_copy(*session, plain, {true, "", false}, {})->obstacles, IsEmpty());
  service.answers["GetEbsEncryptionByDefault"] = {
      "<R><ebsEncryptionByDefault>false</ebsEncryptionByDefault></R>"};
  EXPECT_THAT(check_copy(*session, plain, {}, audience)->obstacles, IsEmpty());
}

}  // namespace
}  // namespace argosy::cli
