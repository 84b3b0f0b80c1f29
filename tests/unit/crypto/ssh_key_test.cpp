#include "crypto/ssh_key.h"

#include <gtest/gtest.h>

namespace argosy::crypto {
namespace {

// Made by ssh-keygen; the fingerprints by openssl and ssh-keygen.
constexpr std::string_view kRsaBlob =
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQCregAjJszlZE16X93b/WuGdFwVGzslYD0Ysn/QqA9rUUENrb8frZaNtxekZJ4KVhDhX/mPeEBX"
    "kc7BQzKVUmajXpEHbjLYpsbpygM+lHy/NikJLz3BaudobAiZUy8gH6Lb77v9LHIbELJ7aUPMnJHSgJnHJzGnzGWy973+jPV6sQ==";
constexpr std::string_view kRsaFingerprint = "de:07:7a:dc:15:bf:1d:49:d8:25:64:ff:a8:da:ad:13";
constexpr std::string_view kEd25519Blob =
    "AAAAC3NzaC1lZDI1NTE5AAAAIIBucbeWD0rrHUll10RlT191QGurv+5VDtoGndiZpUNF";
constexpr std::string_view kEd25519Fingerprint = "eW28t7qqwc6GPNn5c4GJUOVdzWTnP7Ql5oGK8uuOThk=";
constexpr std::string_view kRsaRfc4716 = R"(---- BEGIN SSH2 PUBLIC KEY ----
Comment: "1024-bit RSA, \
converted: from OpenSSH"
AAAAB3NzaC1yc2EAAAADAQABAAAAgQCregAjJszlZE16X93b/WuGdFwVGzslYD0Ysn/QqA
9rUUENrb8frZaNtxekZJ4KVhDhX/mPeEBXkc7BQzKVUmajXpEHbjLYpsbpygM+lHy/NikJ
Lz3BaudobAiZUy8gH6Lb77v9LHIbELJ7aUPMnJHSgJnHJzGnzGWy973+jPV6sQ==
---- END SSH2 PUBLIC KEY ----
)";
constexpr std::string_view kRsaDer =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCregAjJszlZE16X93b/WuGdFwVGzslYD0Ysn/"
    "QqA9rUUENrb8frZaNtxekZJ4KVhDhX/mP"
    "eEBXkc7BQzKVUmajXpEHbjLYpsbpygM+lHy/"
    "NikJLz3BaudobAiZUy8gH6Lb77v9LHIbELJ7aUPMnJHSgJnHJzGnzGWy973+jPV6sQIDAQAB";

std::string const kRsaLine = "ssh-rsa " + std::string(kRsaBlob);

TEST(SshPublicKey, is_read_from_each_form_that_ec2_takes) {
  for (auto const& text : {kRsaLine, kRsaLine + " someone somewhere", "\n" + kRsaLine + "\tme\r\n",
                           std::string(kRsaRfc4716), std::string(kRsaDer)}) {
    auto key = parse_ssh_public_key(text);
    ASSERT_TRUE(key) << text << key.error().message;
    EXPECT_EQ(key->type, SshKeyType::rsa);
    EXPECT_EQ(key->text(), kRsaLine) << text;
    EXPECT_EQ(imported_fingerprint(*key), kRsaFingerprint);
  }
}

TEST(SshPublicKey, of_ed25519_has_the_fingerprint_of_openssh) {
  auto key = parse_ssh_public_key("ssh-ed25519 " + std::string(kEd25519Blob) + " me");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type, SshKeyType::ed25519);
  EXPECT_EQ(key->text(), "ssh-ed25519 " + std::string(kEd25519Blob));
  EXPECT_EQ(imported_fingerprint(*key), kEd25519Fingerprint);
}

TEST(SshPublicKey, that_is_none_is_refused) {
  auto cut = std::string(kRsaBlob.substr(0, 40));
  for (auto const& text :
       {std::string(), std::string("   "), std::string("nonsense"), std::string("ssh-rsa"),
        std::string("ssh-rsa AAAA"), "ssh-rsa " + cut, "ssh-ed25519 " + std::string(kRsaBlob),
        "ssh-dss " + std::string(kRsaBlob), kRsaLine.substr(0, kRsaLine.size() - 8),
        std::string("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"),
        std::string(20'000, 'A'), std::string("---- BEGIN SSH2 PUBLIC KEY ----"),
        std::string("ssh-rsa /////w==")})
    EXPECT_FALSE(parse_ssh_public_key(text)) << text;
}

TEST(SshKeyPair, that_is_made_is_read_again) {
  auto entropy = seeded_entropy(1);
  for (auto type : {SshKeyType::rsa, SshKeyType::ed25519}) {
    auto made = make_ssh_key_pair(type, *entropy);
    ASSERT_TRUE(made);
    auto read = parse_ssh_public_key(made->public_key.text());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->blob, made->public_key.blob);
  }
}

TEST(SshKeyPair, has_the_form_and_the_fingerprint_of_its_type) {
  auto entropy = seeded_entropy(2);
  auto rsa = make_ssh_key_pair(SshKeyType::rsa, *entropy);
  ASSERT_TRUE(rsa);
  EXPECT_TRUE(rsa->private_key.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
  EXPECT_EQ(rsa->fingerprint.size(), 59);  // 20 bytes of SHA-1
  auto ed25519 = make_ssh_key_pair(SshKeyType::ed25519, *entropy);
  ASSERT_TRUE(ed25519);
  EXPECT_TRUE(ed25519->private_key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
  EXPECT_EQ(ed25519->fingerprint, imported_fingerprint(ed25519->public_key));
}

TEST(SshKeyPair, is_another_each_time) {
  auto entropy = seeded_entropy(3);
  auto one = make_ssh_key_pair(SshKeyType::ed25519, *entropy);
  auto other = make_ssh_key_pair(SshKeyType::ed25519, *entropy);
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->public_key.blob, other->public_key.blob);
}

}  // namespace
}  // namespace argosy::crypto
