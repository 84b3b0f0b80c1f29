#include "http/date.h"

#include <gtest/gtest.h>

namespace argosy::http {
namespace {

TEST(Date, is_written_and_read_as_the_rfc_shows_it) {
  Time time = *parse_iso8601("1994-11-06T08:49:37Z");
  EXPECT_EQ(print_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(print_date(time + Duration{999}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  for (auto text : {"2000-02-29T23:59:59Z", "2038-01-19T03:14:08Z", "1970-01-01T00:00:00Z"})
    EXPECT_EQ(parse_date(print_date(*parse_iso8601(text))), *parse_iso8601(text)) << text;
}

TEST(Date, is_nothing_in_another_form) {
  for (auto text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49:37 GMT"})
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
}

}  // namespace
}  // namespace argosy::http
