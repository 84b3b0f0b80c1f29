// cli/format.cpp - see format.h.
#include "cli/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace argosy::cli {
namespace {

void write_json(std::string& out, boost::json::value const& value, std::size_t depth) {
  std::string const margin(2 * depth, ' ');
  if (value.is_object() && !value.get_object().empty()) {
    out += "{\n";
    for (bool first = true; auto const& [key, member] : value.get_object()) {
      if (!first) out += ",\n";
      first = false;
      out += margin + "  " + boost::json::serialize(boost::json::string(key)) + ": ";
      write_json(out, member, depth + 1);
    }
    out += "\n" + margin + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[\n";
    for (bool first = true; auto const& item : value.get_array()) {
      if (!first) out += ",\n";
      first = false;
      out += margin + "  ";
      write_json(out, item, depth + 1);
    }
    out += "\n" + margin + "]";
  } else if (value.is_double()) {
    out += fmt::format("{:.3f}", value.get_double());  // seconds; the library would write 1.5E0
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string show_bytes(std::uint64_t bytes) {
  constexpr std::array<char const*, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string show_duration(std::chrono::milliseconds duration) {
  auto milliseconds = duration.count();
  auto seconds = (milliseconds + 500) / 1000;
  if (milliseconds < 1'000) return fmt::format("{} ms", milliseconds);
  if (milliseconds < 9'950) return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

std::string show_minute(std::string time) {
  if (time.size() < 16) return time;
  time.resize(16);
  time[10] = ' ';
  return time;
}

std::string show_count(std::size_t number, std::string const& noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

Outcome<std::chrono::milliseconds> parse_duration(std::string const& text) {
  constexpr std::int64_t kLongestSeconds = 30LL * 24 * 3600;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, text.data() + text.size());
  std::int64_t factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (error != std::errc{} || factor == 0 || number <= 0 || number > kLongestSeconds / factor)
    return stop(Exit::usage, "\"" + text + "\" is no time: write 90s, 30m or 2h, at most 720h");
  return std::chrono::seconds(number * factor);
}

std::string show_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = static_cast<unsigned char>(text[i]);
    auto const next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    bool const is_long = c == 0xc2 && next >= 0x80 && next <= 0x9f;  // U+0080 to U+009F
    out += c < 0x20 || c == 0x7f || is_long ? ' ' : text[i];
    if (is_long) ++i;
  }
  return out;
}

std::size_t count_columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string show_table(std::vector<std::vector<std::string>> const& rows) {
  std::vector<std::size_t> widths;
  for (auto const& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], count_columns(row[i]));
  }
  std::string out;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] + 2 - count_columns(row[i]), ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string show_json(boost::json::value const& value) {
  std::string out;
  write_json(out, value, 0);
  return out + "\n";
}

boost::json::object to_json(Failure const& failure) {
  return {{"code", failure.code.empty() ? boost::json::value(nullptr) : boost::json::value(failure.code)},
          {"message", failure.message},
          {"request_id",
           failure.request_id.empty() ? boost::json::value(nullptr) : boost::json::value(failure.request_id)},
          {"retryable", failure.retryable()}};
}

}  // namespace argosy::cli
