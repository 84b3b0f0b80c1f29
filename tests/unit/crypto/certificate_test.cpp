#include "crypto/certificate.h"

#include <gtest/gtest.h>

namespace argosy::crypto {
namespace {

class CertificateTest : public testing::Test {
 protected:
  Certified const authority_ = *make_authority("Argosy test", 10);
  Certified const east_ = *issue_certificate(authority_, {"east.example", "10.0.0.1"}, 10);
  Certified const west_ = *issue_certificate(authority_, {"west.example"}, 10);
  Certified const other_authority_ = *make_authority("Somebody else", 10);
  Certified const forged_ = *issue_certificate(other_authority_, {"east.example"}, 10);
};

TEST_F(CertificateTest, names_what_it_was_issued_for_and_nothing_else) {
  EXPECT_TRUE(has_name(east_.certificate, "east.example"));
  EXPECT_TRUE(has_name(east_.certificate, "10.0.0.1"));
  EXPECT_FALSE(has_name(east_.certificate, "west.example"));
  EXPECT_FALSE(has_name(east_.certificate, "10.0.0.2"));
  auto wildcard = issue_certificate(authority_, {"*.example"}, 10);
  EXPECT_FALSE(wildcard) << "a peer has a name of its own";
}

TEST_F(CertificateTest, is_accepted_from_its_own_authority_alone) {
  EXPECT_TRUE(check_issued(east_.certificate, authority_.certificate));
  EXPECT_TRUE(check_issued(east_.certificate, other_authority_.certificate + authority_.certificate));
  EXPECT_EQ(check_issued(forged_.certificate, authority_.certificate).error().fault, Fault::denied);
  auto expired = *issue_certificate(authority_, {"east.example"}, -1);
  EXPECT_EQ(check_issued(expired.certificate, authority_.certificate).error().fault, Fault::denied);
}

TEST_F(CertificateTest, ends_when_its_authority_does_at_the_latest) {
  auto const issued = *issue_certificate(authority_, {"east.example"}, 365);
  auto const end = *find_end(authority_.certificate);
  EXPECT_EQ(*find_end(issued.certificate), end);
  auto const days = end - system_clock().now();
  EXPECT_GT(days, std::chrono::days(9));
  EXPECT_LE(days, std::chrono::days(10));
  EXPECT_LT(*find_end(issue_certificate(authority_, {"east.example"}, 5)->certificate), end);
  EXPECT_FALSE(find_end("no certificate"));
}

TEST_F(CertificateTest, issues_nothing_with_what_is_no_authority) {
  EXPECT_FALSE(issue_certificate(east_, {"south.example"}, 10));
  EXPECT_FALSE(issue_certificate({authority_.certificate, west_.key}, {"south.example"}, 10));
  EXPECT_FALSE(issue_certificate(*make_authority("old", -1), {"south.example"}, 10));
  EXPECT_FALSE(issue_certificate(authority_, {}, 10));
  EXPECT_FALSE(issue_certificate(authority_, {"a,DNS:b"}, 10));
}

TEST_F(CertificateTest, gives_the_one_it_is_sealed_for_what_was_signed) {
  auto sealed = sign_and_seal("the secret", east_, west_.certificate);
  ASSERT_TRUE(sealed) << sealed.error().message;
  EXPECT_EQ(sealed->find("the secret"), std::string::npos);
  auto opened = unseal(*sealed, west_, authority_.certificate);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->plain, "the secret");
  EXPECT_TRUE(has_name(opened->signer, "east.example"));
}

TEST_F(CertificateTest, tells_nobody_else_and_believes_nobody_else) {
  auto sealed = *sign_and_seal("the secret", east_, west_.certificate);
  EXPECT_EQ(unseal(sealed, east_, authority_.certificate).error().fault, Fault::denied)
      << "not sealed for it";
  auto forged = *sign_and_seal("the secret", forged_, west_.certificate);
  EXPECT_EQ(unseal(forged, west_, authority_.certificate).error().fault, Fault::denied);
  EXPECT_EQ(unseal("no envelope", west_, authority_.certificate).error().fault, Fault::invalid);
}

TEST_F(CertificateTest, gives_nothing_of_what_was_changed_by_a_byte) {
  auto const sealed = *sign_and_seal("the secret", east_, west_.certificate);
  auto const body = sealed.find('\n') + 1;
  for (auto at = body; at < sealed.rfind("\n-----"); at += 7) {
    auto changed = sealed;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    if (changed[at] == sealed[at] || sealed[at] == '\n') continue;
    auto opened = unseal(changed, west_, authority_.certificate);
    // A bit of base64 that carries nothing may change; whatever opens says the same.
    if (opened) {
      EXPECT_EQ(opened->plain, "the secret") << at;
    }
  }
}

}  // namespace
}  // namespace argosy::crypto
