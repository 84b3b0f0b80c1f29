#include "crypto/sigv4.h"

#include <gtest/gtest.h>

#include "digest/sha256.h"

namespace argosy::crypto {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

std::string hash(std::string_view body) { return digest::sha256(as_bytes(body)).hex(); }

TEST(Sigv4, agrees_with_the_published_get_vanilla_case) {
  SignedParts parts{
      "GET", "/", "", {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}}, hash("")};
  EXPECT_EQ(signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", {"20150830", "us-east-1", "service"},
                      "20150830T123600Z", canonical_request(parts)),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(Sigv4, agrees_with_botocore_on_a_form) {
  SignedParts parts{"POST",
                    "/",
                    "",
                    {{"x-amz-date", "20260509T142231Z"},
                     {"Host", "127.0.0.1:8080"},
                     {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
                    hash("Action=DescribeRegions&Version=2016-11-15")};
  EXPECT_EQ(
      signature(kSecret, {"20260509", "us-west-2", "ec2"}, "20260509T142231Z", canonical_request(parts)),
      "cb41bb13386e75d634b247e95c237cf8d4ef41a0b25c06340253f53cfe7b44f8");
}

TEST(Sigv4, agrees_with_botocore_on_an_escaped_query) {
  SignedParts parts{"GET",
                    "/snapshots/snap-1/blocks/7",
                    "blockToken=a%2Bb%2F%3D",
                    {{"host", "127.0.0.1:8080"}, {"x-amz-date", "20260509T142231Z"}},
                    hash("")};
  EXPECT_EQ(
      signature(kSecret, {"20260509", "us-east-1", "ebs"}, "20260509T142231Z", canonical_request(parts)),
      "f60e9bc16736722bc08341d2decd6234f4433c64f88f83ec78ecee2044a16326");
}

TEST(Sigv4, agrees_with_botocore_on_an_escaped_path_and_folded_blanks) {
  SignedParts parts{
      "GET",
      "/a%20b/c",
      "z=1&a=2&a=1&b",
      {{"host", "127.0.0.1:8080"}, {"X-Odd", "  two   blanks "}, {"x-amz-date", "20260509T142231Z"}},
      hash("")};
  EXPECT_EQ(
      signature(kSecret, {"20260509", "us-east-1", "ebs"}, "20260509T142231Z", canonical_request(parts)),
      "029ef212932deee17d2cbbda6b04b7b3e510a315fd06e4aa46d334abab4c22b1");
}

TEST(Percent, encoding_and_decoding_are_inverse) {
  EXPECT_EQ(percent_encode("a b/c+~", true), "a%20b/c%2B~");
  EXPECT_EQ(percent_encode("a/b", false), "a%2Fb");
  EXPECT_EQ(percent_decode("a%20b%2fc+%zz%4"), "a b/c+%zz%4");
}

}  // namespace
}  // namespace argosy::crypto
