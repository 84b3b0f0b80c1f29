// http/date.h - the time in a Date header. Source: RFC 9110 section 5.6.7, IMF-fixdate.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace argosy::http {

/// "Sat, 09 May 2026 14:22:31 GMT"; fractions of a second are cut off.
std::string print_date(Time time);
/// Nothing on anything else, the obsolete forms of RFC 850 and asctime among it.
std::optional<Time> parse_date(std::string_view text);

}  // namespace argosy::http
