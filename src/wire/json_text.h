// wire/json_text.h - JSON text -> value within bounds: how all JSON is read that others wrote.
#pragma once
#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy::wire {

/// Levels of objects and lists in each other.
inline constexpr std::size_t kMaxJsonDepth = 32;
/// Of one object: names that were made to collide in boost::json's table cost the square of their number.
/// The most that anything needs are the 4,160 of an encryption context of 8,192 bytes.
inline constexpr std::size_t kMaxJsonMembers = 5'000;

/// What else a text may hold.
struct JsonLimits {
  /// Together, objects and lists among them. One of 2 bytes of text takes up to 100 of memory. The most that
  /// a request needs are the 8,320 of ReEncrypt's two encryption contexts.
  std::size_t values = 10'000;
  /// Whether an object may have a name twice; then the last one counts.
  bool repeated_names = false;
};
/// For the answers that the command reads: pages of lists.
inline constexpr JsonLimits kListLimits{.values = 1'000'000};

/// Fails with `invalid`, in time and memory of the text's size, before anything of it is built.
Result<boost::json::value> parse_json(std::string_view text, JsonLimits limits = {});

/// The first name that an object has twice, as it is when escapes are resolved; nothing if there is none
/// before the text's end or its first fault.
std::optional<std::string> find_repeated_name(std::string_view text);

}  // namespace argosy::wire
