#include "crypto/master_keys.h"

#include <gtest/gtest.h>

namespace argosy::crypto {
namespace {

class MasterKeysTest : public testing::Test {
 protected:
  Bytes wrap(MasterKeys const& keys) { return keys.wrap(as_bytes("about"), as_bytes("secret"), *entropy_); }
  static std::string unwrap(MasterKeys const& keys, Bytes const& wrapped, char const* about = "about") {
    auto plain = keys.unwrap(as_bytes(about), wrapped);
    return plain ? std::string(as_text(*plain)) : "(" + plain.error().message + ")";
  }

  std::unique_ptr<Entropy> entropy_ = seeded_entropy(5);
  Key const first_ = Key::random(*entropy_);
  Key const second_ = Key::random(*entropy_);
};

TEST_F(MasterKeysTest, open_what_they_wrapped_and_nothing_else) {
  MasterKeys const keys(1, first_);
  auto wrapped = wrap(keys);
  EXPECT_EQ(unwrap(keys, wrapped), "secret");
  EXPECT_NE(unwrap(keys, wrapped, "another place"), "secret");
  EXPECT_NE(unwrap(MasterKeys(1, second_), wrapped), "secret");
  EXPECT_NE(unwrap(MasterKeys(2, first_), wrapped), "secret");
  for (auto& byte : wrapped) {
    byte ^= std::byte{1};
    EXPECT_EQ(keys.unwrap(as_bytes("about"), wrapped).error().fault, Fault::corrupt);
    byte ^= std::byte{1};
  }
  for (std::size_t length = 0; length < wrapped.size(); ++length)
    EXPECT_FALSE(keys.unwrap(as_bytes("about"), ByteView(wrapped).first(length)));
}

TEST_F(MasterKeysTest, open_a_key_as_a_key) {
  MasterKeys const keys(1, first_);
  auto const wrapped = keys.wrap(as_bytes("about"), second_.bytes(), *entropy_);
  EXPECT_EQ(keys.unwrap_key(as_bytes("about"), wrapped), second_);
  EXPECT_EQ(keys.unwrap_key(as_bytes("else"), wrapped).error().fault, Fault::corrupt);
  EXPECT_EQ(keys.unwrap_key(as_bytes("about"), wrap(keys)).error().fault, Fault::invalid) << "no key";
}

TEST_F(MasterKeysTest, wrap_under_the_newest_and_open_what_is_under_the_ones_before) {
  MasterKeys keys(1, first_);
  auto const old = wrap(keys);
  keys.add(2, second_);
  EXPECT_EQ(keys.current(), 2U);
  EXPECT_EQ(unwrap(keys, old), "secret");
  EXPECT_EQ(unwrap(MasterKeys(2, second_), wrap(keys)), "secret");
}

TEST_F(MasterKeysTest, wrap_anew_what_is_not_under_the_newest) {
  MasterKeys keys(1, first_);
  auto const old = wrap(keys);
  EXPECT_FALSE(*keys.wrap_anew(as_bytes("about"), old, *entropy_));
  keys.add(2, second_);
  auto const anew = *keys.wrap_anew(as_bytes("about"), old, *entropy_);
  ASSERT_TRUE(anew);
  EXPECT_EQ(unwrap(MasterKeys(2, second_), *anew), "secret");
  EXPECT_FALSE(*keys.wrap_anew(as_bytes("about"), *anew, *entropy_));
  EXPECT_EQ(keys.wrap_anew(as_bytes("another place"), old, *entropy_).error().fault, Fault::corrupt);
}

TEST_F(MasterKeysTest, open_what_was_wrapped_before_there_were_versions) {
  auto const old = crypto::wrap(first_, as_bytes("about"), as_bytes("secret"), *entropy_);
  MasterKeys keys(MasterKeys::kUnversioned, first_);
  EXPECT_EQ(unwrap(keys, old), "secret");
  EXPECT_EQ(unwrap(keys, wrap(keys)), "secret");
  keys.add(1, second_);
  EXPECT_EQ(unwrap(keys, old), "secret");
  auto const anew = *keys.wrap_anew(as_bytes("about"), old, *entropy_);
  ASSERT_TRUE(anew);
  EXPECT_EQ(unwrap(MasterKeys(1, second_), *anew), "secret");
}

/// A nonce that begins as version 1 would.
TEST_F(MasterKeysTest, are_not_misled_by_a_nonce_that_looks_like_a_version) {
  Bytes old(kNonceBytes);
  old[0] = std::byte{1};
  auto const sealed = seal(first_, old, as_bytes("about"), as_bytes("secret"));
  old.insert(old.end(), sealed.begin(), sealed.end());
  MasterKeys keys(MasterKeys::kUnversioned, first_);
  keys.add(1, second_);
  EXPECT_EQ(unwrap(keys, old), "secret");
}

}  // namespace
}  // namespace argosy::crypto
