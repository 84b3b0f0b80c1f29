#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/entropy.h"

namespace argosy {
namespace {

TEST(Base64, agrees_with_rfc_4648) {
  for (auto [plain, encoded] : {std::pair{"", ""},
                                {"f", "Zg=="},
                                {"fo", "Zm8="},
                                {"foo", "Zm9v"},
                                {"foob", "Zm9vYg=="},
                                {"fooba", "Zm9vYmE="},
                                {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(*from_base64(encoded)), plain);
  }
}
TEST(Base64, refuses_what_is_not_base64) {
  for (auto text : {"Z", "Zg=", "Z===", "Zg==Zg==", "Z*==", "=Zg=", "Zh=="})
    EXPECT_FALSE(from_base64(text)) << text;
}
TEST(Hex, reads_both_cases_and_writes_the_lower) {
  EXPECT_EQ(to_hex(*from_hex("00Ffa9")), "00ffa9");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}
TEST(Times, go_through_their_textual_forms_unchanged) {
  auto time = *parse_iso8601("2026-05-09T14:22:31.250Z");
  EXPECT_EQ(to_iso8601(time), "2026-05-09T14:22:31.250Z");
  EXPECT_EQ(to_amz_date(time), "20260509T142231Z");
  EXPECT_EQ(*parse_amz_date("20260509T142231Z"), *parse_iso8601("2026-05-09T14:22:31Z"));
}
TEST(Times, that_do_not_exist_are_refused) {
  for (auto text : {"2026-02-30T00:00:00Z", "2026-05-09", "2026-05-09T24:00:00Z", "2026-05-09T14:22:31", "x"})
    EXPECT_FALSE(parse_iso8601(text)) << text;
}
TEST(Ids, have_a_prefix_and_seventeen_digits) {
  auto id = make_resource_id(system_entropy(), "ami-");
  EXPECT_EQ(id.size(), 21U);
  EXPECT_TRUE(id.starts_with("ami-"));
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef", 4), std::string::npos);
}
TEST(Zeros, are_told_from_everything_else) {
  Bytes bytes(4096);
  EXPECT_TRUE(is_all_zero(bytes));
  bytes.back() = std::byte{1};
  EXPECT_FALSE(is_all_zero(bytes));
}

}  // namespace
}  // namespace argosy
