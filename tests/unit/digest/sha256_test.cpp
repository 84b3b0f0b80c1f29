#include "digest/sha256.h"

#include <gtest/gtest.h>

namespace argosy::digest {
namespace {

TEST(Sha256, agrees_with_fips_180_4) {
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
TEST(Sha256, is_the_same_over_pieces) {
  EXPECT_EQ(Sha256().update(as_bytes("a")).update(as_bytes("bc")).finish(), sha256(as_bytes("abc")));
}
TEST(Crc32c, agrees_with_rfc_3720) {
  EXPECT_EQ(crc32c(Bytes(32)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
}

}  // namespace
}  // namespace argosy::digest
