#include "cli/chain.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

constexpr char const* kAccount = "123456789012";
constexpr char const* kArn = "arn:aws:kms:us-west-2:210987654321:key/0d990263-018e-4e65-a703-eff731de951e";

Link link(std::string name, LinkState state, Use needed_from) {
  return {name, state, "", state == LinkState::holds ? "" : "mend " + name, needed_from};
}

kms::KeyMetadata key(std::string const& state = "Enabled", std::string const& manager = "CUSTOMER") {
  kms::KeyMetadata out;
  out.arn = kArn;
  out.key_state = state;
  out.key_manager = manager;
  out.key_usage = "ENCRYPT_DECRYPT";
  out.key_spec = "SYMMETRIC_DEFAULT";
  return out;
}

TEST(Chain, that_holds_allows_every_use) {
  for (auto const& verdict : judge({link("image", LinkState::holds, Use::start)})) {
    EXPECT_EQ(verdict.state, LinkState::holds);
    EXPECT_TRUE(verdict.broken_by.empty());
    EXPECT_EQ(to_json(verdict)["may"], true);
  }
}

TEST(Chain, breaks_for_the_uses_that_need_its_first_broken_link) {
  auto verdicts =
      judge({link("permission", LinkState::holds, Use::see), link("key", LinkState::broken, Use::start),
             link("snapshot", LinkState::broken, Use::copy)});
  ASSERT_EQ(verdicts.size(), 3U);
  EXPECT_EQ(verdicts[0].state, LinkState::holds);
  EXPECT_EQ(verdicts[1].broken_by, "key");
  EXPECT_EQ(verdicts[1].remedy, "mend key");
  EXPECT_EQ(verdicts[2].broken_by, "key") << "what is needed to start is needed to copy";
  EXPECT_EQ(to_json(verdicts[2])["may"], false);
}

TEST(Chain, with_a_link_that_is_not_known_is_not_known_unless_one_is_broken) {
  auto unknown = link("key", LinkState::unknown, Use::start);
  EXPECT_EQ(judge({unknown})[1].state, LinkState::unknown);
  EXPECT_TRUE(to_json(judge({unknown})[1])["may"].is_null());
  EXPECT_EQ(judge({unknown, link("snapshot", LinkState::broken, Use::copy)})[2].broken_by, "snapshot");
}

TEST(Link, names_the_uses_that_need_it) {
  auto one = link("instance type", LinkState::holds, Use::start);
  EXPECT_EQ(to_json(one)["needed_for"], (boost::json::array{"start", "copy"}));
  one.for_that_alone = true;
  EXPECT_EQ(to_json(one)["needed_for"].as_array().size(), 1U);
  EXPECT_EQ(to_json(one)["needed_for"].at(0), "start");
}

TEST(LinkOfKey, holds_where_policy_or_grant_opens_it) {
  auto found = link_of_key("key", key(), {Answer::yes, {}, {}, "a grant"}, kAccount);
  EXPECT_EQ(found.state, LinkState::holds);
  EXPECT_NE(found.text.find("open by a grant"), std::string::npos);
}

TEST(LinkOfKey, that_is_closed_names_what_is_missing_and_the_command_that_opens_it) {
  auto found = link_of_key("key", key(), {Answer::no, {"Decrypt"}, {}, ""}, kAccount);
  EXPECT_EQ(found.state, LinkState::broken);
  EXPECT_NE(found.text.find("Decrypt"), std::string::npos);
  EXPECT_EQ(found.remedy,
            "argosy key grant us-west-2/0d990263-018e-4e65-a703-eff731de951e " + std::string(kAccount));
  EXPECT_EQ(link_of_key("key", key(), {Answer::maybe, {}, {}, "its policy"}, kAccount).state,
            LinkState::unknown);
}

TEST(LinkOfKey, that_its_policy_denies_is_opened_by_no_grant) {
  auto found = link_of_key("key", key(), {Answer::no, {}, {"Decrypt"}, "a grant"}, kAccount);
  EXPECT_EQ(found.state, LinkState::broken);
  EXPECT_NE(found.text.find("its policy denies Decrypt"), std::string::npos);
  EXPECT_EQ(found.remedy, std::string("aws kms put-key-policy --region us-west-2 --key-id ") + kArn);
}

TEST(LinkOfKey, names_both_what_its_policy_denies_and_what_nothing_opens) {
  auto found = link_of_key("key", key(),
                           {Answer::no, {"DescribeKey"}, {"GenerateDataKeyWithoutPlaintext"}, ""}, kAccount);
  EXPECT_NE(
      found.text.find("its policy denies GenerateDataKeyWithoutPlaintext, and nothing opens DescribeKey"),
      std::string::npos)
      << found.text;
  EXPECT_TRUE(found.remedy.starts_with("argosy key grant ")) << found.remedy;
  found = link_of_key("key", key(), {Answer::no, {"DescribeKey"}, {"Decrypt"}, "", false}, kAccount);
  EXPECT_NE(found.text.find("nothing that can be read opens DescribeKey"), std::string::npos) << found.text;
  EXPECT_NE(found.remedy.find(", then argosy key grant "), std::string::npos) << found.remedy;
}

TEST(LinkOfKey, is_broken_by_the_state_of_the_key) {
  auto found = link_of_key("key", key("Disabled"), {Answer::yes, {}, {}, "its policy"}, kAccount);
  EXPECT_EQ(found.state, LinkState::broken);
  EXPECT_NE(found.remedy.find("enable-key"), std::string::npos);
  found = link_of_key("key", key("PendingDeletion"), {Answer::yes, {}, {}, "its policy"}, kAccount);
  EXPECT_NE(found.remedy.find("cancel-key-deletion"), std::string::npos);
}

TEST(LinkOfKey, that_aws_manages_holds_for_its_own_account_alone) {
  EXPECT_EQ(link_of_key("key", key("Enabled", "AWS"), {}, kAccount).state, LinkState::broken);
  EXPECT_EQ(link_of_key("key", key("Enabled", "AWS"), {}, "210987654321").state, LinkState::holds);
}

}  // namespace
}  // namespace argosy::cli
