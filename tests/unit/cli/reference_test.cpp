#include "cli/reference.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

TEST(Reference, is_an_id_with_or_without_its_region) {
  auto alone = parse_reference("ami-0123456789abcdef0", {"ami-"});
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->region, std::nullopt);
  EXPECT_EQ(alone->id, "ami-0123456789abcdef0");
  auto whole = parse_reference("us-east-1/snap-01234567", {"ami-", "snap-"});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->region, "us-east-1");
  EXPECT_EQ(whole->id, "snap-01234567");
}

TEST(Reference, may_have_a_profile_and_an_image_a_name) {
  auto whole = parse_reference("lab:us-west-2/ami-0123456789abcdef0", {"ami-"});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->profile, "lab");
  EXPECT_EQ(whole->region, "us-west-2");
  EXPECT_EQ(whole->id, "ami-0123456789abcdef0");
  auto no_region = parse_reference("lab:name:web/1", {"ami-", "snap-"});
  ASSERT_TRUE(no_region);
  EXPECT_EQ(no_region->profile, "lab");
  EXPECT_EQ(no_region->region, std::nullopt);
  EXPECT_EQ(no_region->name, "web/1");
  EXPECT_EQ(no_region->id, "");
  auto name = parse_reference("us-east-1/name:web (1)", {"ami-"});
  ASSERT_TRUE(name);
  EXPECT_EQ(name->profile, std::nullopt);
  EXPECT_EQ(name->region, "us-east-1");
  EXPECT_EQ(name->name, "web (1)");
  EXPECT_EQ(parse_reference("name:us-east-1/web", {"ami-"})->name, "us-east-1/web");
  for (auto text : {"name:web", "us-east-1/name:web"}) EXPECT_FALSE(parse_reference(text, {"snap-"})) << text;
}

TEST(Reference, is_refused_as_a_mistake_of_usage) {
  for (auto text : {"", "ami-", "ami-0123", "AMI-0123456789abcdef0", "ami-0123456789abcdeg0",
                    "snap-0123456789abcdef0", "/ami-0123456789abcdef0", "us-east-1/",
                    "us east/ami-0123456789abcdef0", "a/b/ami-0123456789abcdef0", ":ami-0123456789abcdef0",
                    "lab:", "lab:us-east-1/", "name:a", "name:a*b", "a:b:ami-0123456789abcdef0"}) {
    auto parsed = parse_reference(text, {"ami-"});
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().exit, Exit::usage) << text;
  }
}

TEST(ImageName, is_made_legal_out_of_a_files_name) {
  EXPECT_EQ(image_name_of("/disks/debian-12.qcow2"), "debian-12");
  EXPECT_EQ(image_name_of("web:1#2.raw"), "web-1-2");
  EXPECT_EQ(image_name_of("ab.raw"), "ab-image");
  EXPECT_EQ(image_name_of(std::string(300, 'x') + ".raw").size(), 128U);
  EXPECT_EQ(image_name_of("gr\xc3\xbc\xc3\x9f.raw"), "gr----");
}

TEST(ImageName, is_refused_where_ec2_would_refuse_it) {
  EXPECT_TRUE(check_image_name("web (1) [a]./-'@_"));
  EXPECT_TRUE(check_image_name(std::string(128, 'x')));
  for (auto const& name : {std::string("ab"), std::string(129, 'x'), std::string("a:b"), std::string("a*b")})
    EXPECT_EQ(check_image_name(name).error().exit, Exit::usage) << name;
}

TEST(Tag, is_a_key_and_a_value_that_may_be_empty_or_hold_an_equals_sign) {
  EXPECT_EQ(parse_tag("a=b=c")->value, "b=c");
  EXPECT_EQ(parse_tag("a=")->value, "");
  EXPECT_FALSE(parse_tag("a"));
  EXPECT_FALSE(parse_tag("=b"));
}

TEST(Repeats, go_and_the_order_stays) {
  EXPECT_EQ(without_repeats({"b", "a", "b"}), (std::vector<std::string>{"b", "a"}));
}

}  // namespace
}  // namespace argosy::cli
