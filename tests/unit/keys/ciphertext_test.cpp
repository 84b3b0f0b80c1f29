#include "keys/ciphertext.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

namespace argosy::keys {
namespace {

/// Gives one byte after the other, from 0 on.
class CountingEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override {
    for (auto& byte : out) byte = static_cast<std::byte>(next_++);
  }

 private:
  std::uint8_t next_ = 0;
};

CiphertextHead const kHead{"1234abcd-12ab-34cd-56ef-1234567890ab", 7};

TEST(Ciphertext, opens_with_the_same_material_and_context_alone) {
  auto const entropy = seeded_entropy(1);
  auto const material = crypto::Key::random(*entropy);
  EncryptionContext const context{{"a", "1"}, {"b", ""}};
  auto blob = encrypt(material, kHead, context, as_bytes("secret"), *entropy);
  EXPECT_EQ(read_head(blob)->key_id, kHead.key_id);
  EXPECT_EQ(read_head(blob)->material_version, 7U);
  EXPECT_EQ(as_text(*decrypt(material, context, blob)), "secret");
  std::string const refused = "InvalidCiphertextException";
  EXPECT_EQ(decrypt(crypto::Key::random(*entropy), context, blob).error().code, refused);
  for (EncryptionContext const& other :
       {EncryptionContext{}, EncryptionContext{{"a", "1"}}, EncryptionContext{{"a", "1"}, {"B", ""}},
        EncryptionContext{{"a", "1b"}, {"", ""}}, EncryptionContext{{"a", "1"}, {"b", " "}}})
    EXPECT_EQ(decrypt(material, other, blob).error().code, refused);
  for (auto& byte : blob) {
    byte ^= std::byte{1};
    EXPECT_EQ(decrypt(material, context, blob).error().code, refused);
    byte ^= std::byte{1};
  }
  for (std::size_t length = 0; length < blob.size(); ++length)
    EXPECT_EQ(decrypt(material, context, ByteView(blob).first(length)).error().code, refused);
}

TEST(Ciphertext, of_the_same_text_is_another_each_time) {
  auto const entropy = seeded_entropy(1);
  auto const material = crypto::Key::random(*entropy);
  EXPECT_NE(encrypt(material, kHead, {}, as_bytes("x"), *entropy),
            encrypt(material, kHead, {}, as_bytes("x"), *entropy));
}

TEST(Ciphertext, holds_as_much_as_is_allowed_and_as_little) {
  auto const entropy = seeded_entropy(1);
  auto const material = crypto::Key::random(*entropy);
  for (auto const size : {std::size_t{0}, std::size_t{1}, kMaxPlaintextBytes}) {
    auto const blob = encrypt(material, kHead, {}, Bytes(size), *entropy);
    EXPECT_LE(blob.size(), 6'144U) << "what Decrypt takes";
    EXPECT_EQ(*decrypt(material, {}, blob), Bytes(size));
  }
}

TEST(Ciphertext, is_what_the_documented_vectors_say) {
  std::ifstream file(ARGOSY_PROJECT "/docs/formats/vectors/ciphertext-1.json");
  std::stringstream text;
  text << file.rdbuf();
  auto const vectors = boost::json::parse(text.str()).as_array();
  ASSERT_EQ(vectors.size(), 3U);
  for (auto const& vector : vectors) {
    auto field = [&](char const* name) { return std::string(vector.at(name).as_string()); };
    auto const material = *crypto::Key::copy_of(*from_hex(field("material")));
    EncryptionContext context;
    for (auto const& [name, value] : vector.at("context").as_object())
      context.emplace(name, std::string(value.as_string()));
    CiphertextHead const head{field("key_id"), static_cast<std::uint32_t>(vector.at("version").as_int64())};
    CountingEntropy entropy;
    auto const blob = encrypt(material, head, context, *from_hex(field("plain")), entropy);
    EXPECT_EQ(to_hex(to_canonical(context)), field("canonical_context"));
    EXPECT_EQ(to_hex(blob), field("blob"));
    EXPECT_EQ(to_hex(*decrypt(material, context, *from_hex(field("blob")))), field("plain"));
    EXPECT_EQ(material_id(material), field("material_id"));
  }
}

TEST(EncryptionContext, has_one_form_whatever_the_order) {
  EncryptionContext const context{{"b", "2"}, {"a", "1"}};
  EXPECT_EQ(*from_canonical(to_canonical(context)), context);
  EXPECT_EQ(*from_canonical(to_canonical({})), EncryptionContext{});
  EXPECT_NE(to_canonical({{"ab", "c"}}), to_canonical({{"a", "bc"}}));
  auto bytes = to_canonical(context);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(from_canonical(ByteView(bytes).first(length)));
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(from_canonical(bytes));
}

TEST(EncryptionContext, has_a_limit) {
  EXPECT_TRUE(check_context({{"a", std::string(kMaxContextBytes - 1, 'x')}}));
  EXPECT_EQ(check_context({{"a", std::string(kMaxContextBytes, 'x')}}).error().code, "ValidationException");
  EXPECT_EQ(check_context({{"", "x"}}).error().code, "ValidationException");
}

}  // namespace
}  // namespace argosy::keys
