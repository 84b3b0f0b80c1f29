// base/clock.cpp - see clock.h.
#include "base/clock.h"

#include <fmt/format.h>

#include <cctype>

namespace argosy {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
};

/// Reads exactly `count` digits at `position` and moves past them.
bool read_number(std::string_view text, std::size_t& position, std::size_t count, int& value) {
  if (position + count > text.size()) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    char c = text[position + i];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  position += count;
  return true;
}

bool read_char(std::string_view text, std::size_t& position, char c) {
  if (position >= text.size() || text[position] != c) return false;
  ++position;
  return true;
}

Result<Time> make_time(int year, int month, int day, int hour, int minute, int second, int milliseconds) {
  using namespace std::chrono;
  year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                      std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return fail(Fault::invalid, "not a time");
  return Time{sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} + Duration{milliseconds};
}

struct Parts {
  int year, month, day, hour, minute, second, milliseconds;
};

Parts split(Time time) {
  using namespace std::chrono;
  auto date = floor<days>(time);
  year_month_day ymd{date};
  hh_mm_ss clock{time - date};
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count())};
}

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string to_iso8601(Time time) {
  auto p = split(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", p.year, p.month, p.day, p.hour, p.minute,
                     p.second, p.milliseconds);
}

std::string to_amz_date(Time time) {
  auto p = split(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", p.year, p.month, p.day, p.hour, p.minute, p.second);
}

Result<Time> parse_iso8601(std::string_view text) {
  std::size_t at = 0;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0;
  bool ok = read_number(text, at, 4, year) && read_char(text, at, '-') && read_number(text, at, 2, month) &&
            read_char(text, at, '-') && read_number(text, at, 2, day) && read_char(text, at, 'T') &&
            read_number(text, at, 2, hour) && read_char(text, at, ':') && read_number(text, at, 2, minute) &&
            read_char(text, at, ':') && read_number(text, at, 2, second);
  if (ok && read_char(text, at, '.')) {
    int scale = 100;
    std::size_t digits = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
      milliseconds += (text[at] - '0') * scale;
      scale /= 10;
    }
    ok = digits > 0;
  }
  if (!ok || !read_char(text, at, 'Z') || at != text.size())
    return fail(Fault::invalid, "not an ISO 8601 time in UTC");
  return make_time(year, month, day, hour, minute, second, milliseconds);
}

Result<Time> parse_amz_date(std::string_view text) {
  std::size_t at = 0;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  bool ok = read_number(text, at, 4, year) && read_number(text, at, 2, month) &&
            read_number(text, at, 2, day) && read_char(text, at, 'T') && read_number(text, at, 2, hour) &&
            read_number(text, at, 2, minute) && read_number(text, at, 2, second) &&
            read_char(text, at, 'Z') && at == text.size();
  if (!ok) return fail(Fault::invalid, "not a time of the form 20260509T142231Z");
  return make_time(year, month, day, hour, minute, second, 0);
}

}  // namespace argosy
