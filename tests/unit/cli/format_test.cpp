#include "cli/format.h"

#include <gtest/gtest.h>

namespace argosy::cli {
namespace {

using std::chrono::milliseconds;

TEST(Bytes, are_shown_in_the_largest_unit_that_fits) {
  EXPECT_EQ(show_bytes(0), "0 B");
  EXPECT_EQ(show_bytes(1023), "1023 B");
  EXPECT_EQ(show_bytes(1536), "1.5 KiB");
  EXPECT_EQ(show_bytes(kGiB), "1.0 GiB");
  EXPECT_EQ(show_bytes(kGiB - 1), "1.0 GiB");
  EXPECT_EQ(show_bytes(64ULL << 40U), "64.0 TiB");
}

TEST(Durations, are_shown_with_what_matters) {
  EXPECT_EQ(show_duration(milliseconds(40)), "40 ms");
  EXPECT_EQ(show_duration(milliseconds(1'540)), "1.5 s");
  EXPECT_EQ(show_duration(milliseconds(59'400)), "59 s");
  EXPECT_EQ(show_duration(milliseconds(59'600)), "1 min 00 s");
  EXPECT_EQ(show_duration(milliseconds(185'000)), "3 min 05 s");
  EXPECT_EQ(show_duration(milliseconds(7'800'000)), "2 h 10 min");
}

TEST(Durations, are_read_in_seconds_minutes_and_hours) {
  EXPECT_EQ(*parse_duration("90"), milliseconds(90'000));
  EXPECT_EQ(*parse_duration("90s"), milliseconds(90'000));
  EXPECT_EQ(*parse_duration("30m"), milliseconds(1'800'000));
  EXPECT_EQ(*parse_duration("2h"), milliseconds(7'200'000));
  for (auto text : {"", "0", "-1", "5d", "m", "1.5h", "9999999999999999999", "721h"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Table, columns_are_as_wide_as_their_longest_cell) {
  EXPECT_EQ(show_table({{"NAME", "SIZE"}, {"gr\xc3\xbc\xc3\x9f", "1"}, {"x", ""}}),
            "NAME  SIZE\ngr\xc3\xbc\xc3\x9f  1\nx\n");
}

TEST(Text, of_somebody_else_is_one_line_that_does_nothing_to_the_terminal) {
  EXPECT_EQ(show_text("größer → 2"), "größer → 2");
  EXPECT_EQ(show_text("x\nowner\tme\r\x7f"), "x owner me  ");
  EXPECT_EQ(show_text("\x1b[2J\xc2\x9b"
                      "2J\xc2\xa0\xc2"),
            " [2J 2J\xc2\xa0\xc2");
}

TEST(Json, is_indented_and_keeps_its_order) {
  boost::json::object value{
      {"b", boost::json::array{1, "x\"y"}}, {"a", nullptr}, {"c", 1.5}, {"d", boost::json::array{}}};
  EXPECT_EQ(show_json(value),
            "{\n  \"b\": [\n    1,\n    \"x\\\"y\"\n  ],\n  \"a\": null,\n  \"c\": 1.500,\n  \"d\": []\n}\n");
}

TEST(Failure, from_a_service_ends_with_254_and_a_passing_one_with_5) {
  EXPECT_EQ(Failure(Error{Fault::invalid, "InvalidAMIID.NotFound", ""}).exit, Exit::service);
  for (auto code : {"RequestLimitExceeded", "RequestThrottledException", "ThrottlingException",
                    "ResourceLimitExceeded"}) {
    Failure failure(Error{Fault::invalid, code, ""});
    EXPECT_EQ(failure.exit, Exit::temporary) << code;
    EXPECT_TRUE(failure.retryable()) << code;
  }
  EXPECT_EQ(Failure(Error{Fault::unavailable, "", "no connection"}).exit, Exit::temporary);
  EXPECT_EQ(Failure(Error{Fault::corrupt, "", "bad block"}).exit, Exit::failed);
}

TEST(Failure, of_an_account_that_is_full_ends_with_5_and_does_not_pass_by_itself) {
  for (auto code : {"ServiceQuotaExceededException", "SnapshotLimitExceeded", "InstanceLimitExceeded",
                    "VcpuLimitExceeded", "VolumeLimitExceeded", "LimitExceededException"}) {
    Failure failure(Error{Fault::limit, code, ""});
    EXPECT_EQ(failure.exit, Exit::temporary) << code;
    EXPECT_FALSE(failure.retryable()) << code;
  }
  for (auto code : {"PendingSnapshotLimitExceeded", "ConcurrentLimitExceededException"})
    EXPECT_TRUE(Failure(Error{Fault::limit, code, ""}).retryable()) << code;
}

TEST(Failure, says_code_message_request_and_what_to_do) {
  Failure failure(Error{Fault::invalid, "InvalidRequest",
                        "You do not have permission to access the storage of this ami"});
  failure.request_id = "42";
  EXPECT_EQ(explain(failure),
            "InvalidRequest: You do not have permission to access the storage of this ami (request id 42)\n"
            "  The owner must share the snapshots too: `argosy share IMAGE ACCOUNT --allow-copy`.");
  auto json = to_json(failure);
  EXPECT_EQ(json["code"], "InvalidRequest");
  EXPECT_EQ(json["request_id"], "42");
  EXPECT_EQ(json["retryable"], false);
}

}  // namespace
}  // namespace argosy::cli
