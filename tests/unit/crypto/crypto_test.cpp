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
/// The vectors of a 256-bit key and a 96-bit nonce that came with the mode's submission to NIST: McGrew and
/// Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B.
struct GcmCase {
  std::string_view key, nonce, plain, associated, sealed;
};
constexpr GcmCase kGcmCases[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},  // 13
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
     "b094dac5d93471bdec1a502270e3cc6c"},  // 15
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},  // 16
};
TEST(AesGcm, agrees_with_the_published_cases_with_and_without_associated_data) {
  for (auto const& published : kGcmCases) {
    auto const key = *Key::copy_of(*from_hex(published.key));
    auto const nonce = *from_hex(published.nonce);
    auto const associated = *from_hex(published.associated);
    auto const plain = *from_hex(published.plain);
    auto const sealed = seal(key, nonce, associated, plain);
    EXPECT_EQ(to_hex(sealed), published.sealed);
    EXPECT_EQ(*open(key, nonce, associated, sealed), plain);
  }
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
