// cli/format.h - how values look to people and to scripts: sizes, times, tables, JSON. Pure.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.h"

namespace argosy::cli {

inline constexpr std::uint64_t kGiB = 1ULL << 30U;

/// "512 B", "1.5 MiB", "64.0 GiB".
std::string show_bytes(std::uint64_t bytes);
/// "400 ms", "1.5 s", "12 s", "3 min 05 s", "2 h 10 min".
std::string show_duration(std::chrono::milliseconds duration);
/// "2026-05-09 14:22" of "2026-05-09T14:22:31.000Z".
std::string show_minute(std::string time);
/// "1 image", "2 images".
std::string show_count(std::size_t number, std::string const& noun);
/// "30", "30s", "15m", "2h" as milliseconds; a bare number is seconds. Fails with `usage`.
Outcome<std::chrono::milliseconds> parse_duration(std::string const& text);

/// What somebody else wrote, on one line: its control characters become blanks, so that it is neither a line
/// of its own nor speaks to the terminal.
std::string show_text(std::string_view text);

/// Columns as wide as their longest cell, two blanks between them, nothing after the last. The first row is
/// the head.
std::string show_table(std::vector<std::vector<std::string>> const& rows);

/// Two blanks a level, a newline at the end.
std::string show_json(boost::json::value const& value);
/// {code, message, request_id, retryable}
boost::json::object to_json(Failure const& failure);
/// null where there is nothing.
template <class T>
boost::json::value or_null(std::optional<T> const& value) {
  if (!value) return nullptr;
  if constexpr (requires { to_json(*value); }) {
    return to_json(*value);
  } else {
    return boost::json::value(*value);
  }
}

/// How many columns a terminal needs for UTF-8 text, one for each character.
std::size_t count_columns(std::string_view text);

}  // namespace argosy::cli
