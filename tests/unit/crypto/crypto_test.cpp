#include "crypto/crypto.h"

#include <gtest/gtest.h>

namespace argosy::crypto {
namespace {

TEST(Hmac, agrees_with_rfc_4231_case_2) {
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
TEST(Hkdf, agrees_with_rfc_5869_case_1) {
  auto key = hkdf_sha256(*from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                         *from_hex("000102030405060708090a0b0c"), *from_hex("f0f1f2f3f4f5f6f7f8f9"));
  EXPECT_EQ(to_hex(key.bytes()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}
TEST(AesGcm, agrees_with_the_published_case_of_a_256_bit_key) {
  auto key = *Key::copy_of(Bytes(32));
  auto sealed = seal(key, Bytes(12), {}, Bytes(16));  // GCM specification, test case 14
  EXPECT_EQ(to_hex(sealed), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}
TEST(AesGcm, opens_only_what_is_untouched) {
  auto key = Key::random(system_entropy());
  auto wrapped = wrap(key, as_bytes("about"), as_bytes("secret"), system_entropy());
  EXPECT_EQ(as_text(*unwrap(key, as_bytes("about"), wrapped)), "secret");
  EXPECT_FALSE(unwrap(key, as_bytes("other"), wrapped));
  EXPECT_FALSE(unwrap(Key::random(system_entropy()), as_bytes("about"), wrapped));
  for (auto& byte : wrapped) {
    byte ^= std::byte{1};
    EXPECT_EQ(unwrap(key, as_bytes("about"), wrapped).error().fault, Fault::corrupt);
    byte ^= std::byte{1};
  }
}

}  // namespace
}  // namespace argosy::crypto
