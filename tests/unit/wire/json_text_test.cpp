#include "wire/json_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "messages/ebs/ebs.h"
#include "messages/kms/cryptography.h"
#include "wire/json.h"

namespace argosy::wire {
namespace {

std::string refusal(std::string_view text, JsonLimits limits = {}) {
  auto const parsed = parse_json(text, limits);
  return parsed ? "" : parsed.error().message;
}
constexpr char const* kTooMuch = "more JSON than any message has";

/// {"0":null,"1":null, …}
std::string object_of(std::size_t members) {
  std::string out = "{";
  for (std::size_t i = 0; i < members; ++i) out += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":null";
  return out + "}";
}
std::string list_of(std::size_t items, std::string const& item) {
  std::string out = "[";
  for (std::size_t i = 0; i < items; ++i) out += (i == 0 ? "" : ",") + item;
  return out + "]";
}

TEST(JsonText, has_no_object_of_more_members_than_any_message_has) {
  EXPECT_EQ(refusal(object_of(kMaxJsonMembers)), "");
  EXPECT_EQ(refusal(object_of(kMaxJsonMembers + 1)), kTooMuch);
  EXPECT_EQ(refusal(object_of(kMaxJsonMembers + 1), {.values = 100'000, .repeated_names = true}), kTooMuch);
  EXPECT_EQ(refusal(R"({"a":[{"b":)" + object_of(kMaxJsonMembers + 1) + "}]}"), kTooMuch);
}

TEST(JsonText, has_no_more_values_than_any_message_has) {
  for (std::string const item :
       {"0", "[]", "{}", "\"\"", "null", "true", "-1", "1.5", "18446744073709551615"}) {
    EXPECT_EQ(refusal(list_of(9, item), {.values = 10}), "") << item;
    EXPECT_EQ(refusal(list_of(10, item), {.values = 10}), kTooMuch) << item;
  }
  EXPECT_EQ(refusal(list_of(JsonLimits{}.values / 2, "[0]")), kTooMuch);
  EXPECT_EQ(refusal(R"({"a":{"b":{"c":[0]}}})", {.values = 4}), kTooMuch);
}

TEST(JsonText, holds_the_largest_request_that_there_is) {
  std::map<std::string, std::string> context;
  std::size_t bytes = 0;
  for (char a = 1; bytes < 127; ++a, ++bytes) context[std::string(1, a)];
  for (char a = ' '; a < '`'; ++a)
    for (char b = ' '; b < '`' && bytes + 2 <= 8'192; ++b, bytes += 2) context[{a, b}];
  ASSERT_EQ(bytes, 8'191U);
  messages::kms::ReEncryptRequest request;
  request.source_encryption_context = context;
  request.destination_encryption_context = context;
  auto const back = decode_json<messages::kms::ReEncryptRequest>(encode_json(request, Naming::upper_camel),
                                                                 Naming::upper_camel);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->source_encryption_context, context);
}

TEST(JsonText, holds_the_longest_page_of_blocks_for_who_asks_for_it) {
  messages::ebs::ListChangedBlocksResponse page;
  page.changed_blocks.assign(10'000, {1, "a", "b"});
  auto const text = encode_json(page, Naming::upper_camel);
  auto const back =
      decode_json<messages::ebs::ListChangedBlocksResponse>(text, Naming::upper_camel, kListLimits);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->changed_blocks.size(), 10'000U);
  EXPECT_EQ(refusal(text), kTooMuch);
}

TEST(JsonText, has_each_name_of_an_object_once) {
  EXPECT_EQ(refusal(R"({"a":1,"a":1})"), "the member a is there twice");
  EXPECT_EQ(refusal(R"([{"a":{"b":[{},{"c":1,"d":{"c":2},"c":3}]}}])"), "the member c is there twice");
  EXPECT_EQ(refusal(R"({"Constraints":1,"Constra\u0069nts":2})"), "the member Constraints is there twice");
  EXPECT_EQ(refusal(R"({"":1,"":2})"), "the member  is there twice");
  EXPECT_EQ(refusal(R"({"a":{"a":[{"a":1},{"a":2}]},"A":3,"aa":4})"), "");
}

TEST(JsonText, has_the_last_of_a_name_where_it_may_be_there_twice) {
  auto const value = parse_json(R"({"a":1,"b":2,"a":3})", {.repeated_names = true});
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_object().at("a"), 3);
}

TEST(JsonText, tells_the_first_name_that_is_repeated) {
  EXPECT_EQ(find_repeated_name(R"({"a":{"b":1,"c":2,"b":3},"a":4})"), "b");
  EXPECT_EQ(find_repeated_name(R"({"a":{"b":1},"c":{"b":2}})"), std::nullopt);
  EXPECT_EQ(find_repeated_name(list_of(20'000, "0")), std::nullopt);
  EXPECT_EQ(find_repeated_name(R"({"a":)"), std::nullopt);
}

TEST(JsonText, is_whole_and_nothing_else) {
  for (std::string const text : {"", "{", "{}x", "{} {}", "[1,]", "{\"a\"}", "nul", "\"\xff\""})
    EXPECT_TRUE(refusal(text).starts_with("not JSON: ")) << text;
  EXPECT_EQ(refusal(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')), "");
  EXPECT_TRUE(refusal(std::string(kMaxJsonDepth + 1, '[')).starts_with("not JSON: "));
}

}  // namespace
}  // namespace argosy::wire
