#include "instances/key_pair.h"

#include <gtest/gtest.h>

namespace argosy::instances {
namespace {

TEST(KeyName, has_up_to_255_ascii_characters) {
  for (auto const& name : {std::string("k"), std::string("my key (1)"), std::string(255, 'x')})
    EXPECT_TRUE(check_key_name(name)) << name;
  for (auto const& name : {std::string(), std::string(256, 'x'), std::string("ü"), std::string("a\nb"),
                           std::string(" a"), std::string("a ")})
    EXPECT_EQ(check_key_name(name).error().code, "InvalidParameterValue") << name;
}

TEST(KeyPair, that_is_missing_is_named) {
  EXPECT_EQ(key_pair_not_found({"a"}).error().message, "The key pair 'a' does not exist");
  EXPECT_EQ(key_pair_not_found({"a", "b"}).error().message, "The key pairs 'a, b' do not exist");
  EXPECT_EQ(key_pair_id_not_found({"key-1"}).error().code, "InvalidKeyPair.NotFound");
}

}  // namespace
}  // namespace argosy::instances
