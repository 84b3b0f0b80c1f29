// base/clock.h - time as it is handed in, and its textual forms.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy {

/// Milliseconds since 1970 UTC: the resolution of every stored and shown time.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

/// Where the time comes from. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() = 0;
};

/// The machine's clock.
Clock& system_clock();

/// "2026-05-09T14:22:31.000Z": how EC2 shows a time.
std::string to_iso8601(Time time);
/// "2026-05-09T14:22:31Z", fraction optional, UTC only; fails with `invalid`.
Result<Time> parse_iso8601(std::string_view text);
/// "20260509T142231Z": SigV4's form. Fails with `invalid`.
Result<Time> parse_amz_date(std::string_view text);
std::string to_amz_date(Time time);

inline std::int64_t to_milliseconds(Time time) { return time.time_since_epoch().count(); }
inline Time from_milliseconds(std::int64_t milliseconds) { return Time{Duration{milliseconds}}; }

}  // namespace argosy
