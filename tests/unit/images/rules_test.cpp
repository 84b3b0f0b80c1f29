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

}  // namespace
}  // namespace argosy::images
