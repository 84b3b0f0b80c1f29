#include "cli/key_reference.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

constexpr char const* kId = "0d990263-018e-4e65-a703-eff731de951e";
constexpr char const* kMultiRegionId = "mrk-0d990263018e4e65a703eff731de951e";
constexpr char const* kArn = "arn:aws:kms:us-west-2:123456789012:key/0d990263-018e-4e65-a703-eff731de951e";

TEST(KeyReference, is_an_id_an_alias_or_an_arn_with_or_without_region_and_profile) {
  struct Case {
    std::string text;
    std::optional<std::string> profile;
    std::optional<std::string> region;
    std::string id;
  };
  for (auto const& [text, profile, region, id] :
       std::vector<Case>{{kId, {}, {}, kId},
                         {std::string("us-east-1/") + kMultiRegionId, {}, "us-east-1", kMultiRegionId},
                         {"alias/team/images", {}, {}, "alias/team/images"},
                         {"us-east-1/alias/aws/ebs", {}, "us-east-1", "alias/aws/ebs"},
                         {kArn, {}, "us-west-2", kArn},
                         {"lab:us-east-1/alias/images", "lab", "us-east-1", "alias/images"},
                         {std::string("lab:") + kArn, "lab", "us-west-2", kArn}}) {
    auto reference = parse_key_reference(text);
    ASSERT_TRUE(reference) << text;
    EXPECT_EQ(reference->profile, profile) << text;
    EXPECT_EQ(reference->region, region) << text;
    EXPECT_EQ(reference->id, id) << text;
  }
}

TEST(KeyReference, refuses_what_is_none) {
  for (auto const* text : {"", "images", "us-east-1/images", "alias/", "alias/a b", "US/alias/images",
                           "arn:aws:s3:us-east-1:123456789012:key/x", "arn:aws:kms:us-east-1",
                           "0d990263-018e-4e65-a703-eff731de951", "mrk-0d99", "ami-0123456789abcdef0"})
    EXPECT_EQ(parse_key_reference(text).error().exit, Exit::usage) << text;
}

TEST(KeyChoice, names_a_region_and_a_key_of_it) {
  auto choice = parse_key_choice("us-west-2=alias/images");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->region, "us-west-2");
  EXPECT_EQ(choice->key, "alias/images");
  EXPECT_EQ(parse_key_choice(std::string("us-west-2=") + kArn)->key, kArn);
  for (auto const& text :
       {std::string("alias/images"), std::string("us-east-1=") + kArn,
        std::string("us-east-1=us-west-2/alias/images"), std::string("us-west-2=lab:us-west-2/alias/images")})
    EXPECT_EQ(parse_key_choice(text).error().exit, Exit::usage) << text;
}

TEST(Alias, is_completed_and_checked) {
  EXPECT_EQ(parse_alias("images"), "alias/images");
  EXPECT_EQ(parse_alias("alias/images"), "alias/images");
  for (auto const* name : {"", "aws/ebs", "alias/aws/ebs", "a b", "ü"})
    EXPECT_EQ(parse_alias(name).error().exit, Exit::usage) << name;
}

TEST(KeyArn, is_taken_apart_and_shown_as_the_verbs_take_it) {
  auto arn = read_key_arn(kArn);
  EXPECT_EQ(arn.region, "us-west-2");
  EXPECT_EQ(arn.account, "123456789012");
  EXPECT_EQ(arn.name, kId);
  EXPECT_TRUE(read_key_arn(kId).name.empty());
  EXPECT_EQ(show_key(kArn), std::string("us-west-2/") + kId);
  EXPECT_EQ(show_key("alias/images"), "alias/images");
}

}  // namespace
}  // namespace argosy::cli
