// http/date.cpp - see date.h.
#include "http/date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace argosy::http {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Digits and nothing else.
std::optional<int> read_number(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::string print_date(Time time) {
  using namespace std::chrono;
  auto day = floor<days>(time);
  year_month_day date(day);
  hh_mm_ss clock(floor<seconds>(time) - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::optional<Time> parse_date(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view kForm = "Ddd, 00 Mmm 0000 00:00:00 GMT";
  if (text.size() != kForm.size() || !text.ends_with(" GMT") || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  auto day_number = read_number(text.substr(5, 2));
  auto month_name = std::ranges::find(kMonths, text.substr(8, 3));
  auto year_number = read_number(text.substr(12, 4));
  auto hour = read_number(text.substr(17, 2));
  auto minute = read_number(text.substr(20, 2));
  auto second = read_number(text.substr(23, 2));
  if (!day_number || month_name == kMonths.end() || !year_number || !hour || !minute || !second)
    return std::nullopt;
  auto month_number = static_cast<unsigned>(month_name - kMonths.begin()) + 1;
  year_month_day date{year(*year_number), month(month_number), day(static_cast<unsigned>(*day_number))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Time{sys_days{date}} + hours(*hour) + minutes(*minute) + seconds(*second);
}

}  // namespace argosy::http
