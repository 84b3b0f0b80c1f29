#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "crypto/crypto.h"

namespace argosy::crypto {
namespace {

struct Vector {
  std::string what;
  Bytes key, nonce, associated, plain, sealed;
};

Bytes field(std::string const& text) { return text == "-" ? Bytes{} : *from_hex(text); }

std::vector<Vector> read_vectors() {
  std::ifstream file(ARGOSY_PROJECT "/tests/unit/crypto/vectors/cavp_gcm_256.txt");
  std::vector<Vector> out;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string what, key, nonce, associated, plain, cipher, tag;
    words >> what >> key >> nonce >> associated >> plain >> cipher >> tag;
    out.push_back({what, field(key), field(nonce), field(associated), field(plain), field(cipher)});
    auto const tail = field(tag);
    out.back().sealed.insert(out.back().sealed.end(), tail.begin(), tail.end());
  }
  return out;
}

TEST(AesGcm, agrees_with_the_vectors_of_nist) {
  auto const vectors = read_vectors();
  ASSERT_EQ(vectors.size(), 75U);
  int refused = 0;
  for (auto const& vector : vectors) {
    auto const key = *Key::copy_of(vector.key);
    auto const opened = open(key, vector.nonce, vector.associated, vector.sealed);
    if (vector.what == "decrypt-fail") {
      EXPECT_FALSE(opened) << to_hex(vector.key);
      ++refused;
      continue;
    }
    ASSERT_TRUE(opened) << to_hex(vector.key);
    EXPECT_EQ(*opened, vector.plain);
    EXPECT_EQ(seal(key, vector.nonce, vector.associated, vector.plain), vector.sealed);
  }
  EXPECT_EQ(refused, 25);
}

}  // namespace
}  // namespace argosy::crypto
