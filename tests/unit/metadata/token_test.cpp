#include "metadata/token.h"

#include <gtest/gtest.h>

namespace argosy::metadata {
namespace {

Time const kNow = from_milliseconds(1'800'000'000'000);

crypto::Key some_key(std::uint64_t seed) { return crypto::Key::random(*seeded_entropy(seed)); }

TEST(MetadataToken, is_valid_until_its_end) {
  auto const key = some_key(1);
  auto const token = make_token(key, "i-1", kNow + std::chrono::seconds(60));
  EXPECT_TRUE(is_valid_token(key, "i-1", token, kNow));
  EXPECT_TRUE(is_valid_token(key, "i-1", token, kNow + std::chrono::seconds(59)));
  EXPECT_FALSE(is_valid_token(key, "i-1", token, kNow + std::chrono::seconds(60)));
}

TEST(MetadataToken, is_valid_for_its_instance_and_under_its_key_alone) {
  auto const token = make_token(some_key(1), "i-1", kNow + std::chrono::seconds(60));
  EXPECT_FALSE(is_valid_token(some_key(1), "i-2", token, kNow));
  EXPECT_FALSE(is_valid_token(some_key(2), "i-1", token, kNow));
}

TEST(MetadataToken, with_another_bit_is_not_valid) {
  auto const key = some_key(1);
  auto const bytes = *from_base64(make_token(key, "i-1", kNow + std::chrono::seconds(60)));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto changed = bytes;
    changed[at] ^= std::byte{1};
    EXPECT_FALSE(is_valid_token(key, "i-1", to_base64(changed), kNow)) << at;
  }
  for (auto text : {"", "nonsense", "AAAA"}) EXPECT_FALSE(is_valid_token(key, "i-1", text, kNow)) << text;
}

}  // namespace
}  // namespace argosy::metadata
