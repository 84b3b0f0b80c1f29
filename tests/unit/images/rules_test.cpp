#include "images/rules.h"

#include <gtest/gtest.h>

namespace argosy::images {
namespace {

Image in(ImageState state) {
  Image image;
  image.id = "ami-0123456789abcdef0";
  image.state = state;
  return image;
}

TEST(Image, is_disabled_and_enabled_as_often_as_one_likes) {
  for (auto state : {ImageState::available, ImageState::disabled}) {
    auto disabled = disable(in(state));
    auto enabled = enable(in(state));
    ASSERT_TRUE(disabled && enabled);
    EXPECT_EQ(disabled->state, ImageState::disabled);
    EXPECT_EQ(enabled->state, ImageState::available);
  }
}

TEST(Image, that_is_not_available_is_neither_disabled_nor_enabled) {
  for (auto state : {ImageState::pending, ImageState::failed, ImageState::deregistered}) {
    EXPECT_EQ(disable(in(state)).error().code, "InvalidAMIID.Unavailable");
    EXPECT_EQ(enable(in(state)).error().code, "InvalidAMIID.Unavailable");
  }
}

TEST(Mappings, of_an_image_are_a_hundred_at_most) {
  EXPECT_TRUE(check_mapping_count(kMaxMappings));
  EXPECT_EQ(check_mapping_count(kMaxMappings + 1).error().code, "InvalidBlockDeviceMapping");
}

TEST(VirtualNames, are_the_24_of_ec2) {
  for (auto const* name : {"ephemeral0", "ephemeral9", "ephemeral23"})
    EXPECT_TRUE(is_virtual_name(name)) << name;
  for (auto const* name :
       {"", "ephemeral", "ephemeral24", "ephemeral00", "ephemeral-1", "ephemeral0 ", "root"})
    EXPECT_FALSE(is_virtual_name(name)) << name;
}

TEST(Permissions, name_no_organization_without_end) {
  std::string const arn = "arn:aws:organizations::111122223333:organization/o-";
  auto of = [&](std::size_t bytes) {
    return parse_launch_permission(PrincipalKind::organization, arn + std::string(bytes - arn.size(), 'x'));
  };
  EXPECT_TRUE(of(256));
  EXPECT_EQ(of(257).error().code, "InvalidAMIAttributeItemValue");
}

}  // namespace
}  // namespace argosy::images
