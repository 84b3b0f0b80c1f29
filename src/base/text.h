// base/text.h - how texts are compared, and shown on one line.
#pragma once
#include <string>
#include <string_view>

namespace argosy {

/// ASCII letters in lower case, all other bytes as they are.
std::string to_lower(std::string_view text);
/// Whether both are the same in lower case.
bool equal_ignoring_case(std::string_view one, std::string_view other);

/// What takes the meaning from a `*`, a `?` or itself that follows it.
enum class Escape {
  none,       ///< nothing: patterns of policies
  backslash,  ///< patterns of EC2's filters
};
/// `*` is any run of characters, `?` any one; case-sensitive. An escape at the pattern's end is a character.
bool matches_wildcard(std::string_view pattern, std::string_view text, Escape escape = Escape::none);

/// Characters, not bytes, of UTF-8.
std::size_t count_characters(std::string_view text);

/// The whole characters of UTF-8 at the beginning of a text that take at most so many bytes.
std::string_view first_characters(std::string_view text, std::size_t most_bytes);

/// The text with an escape for each control character: \n, \t, else \x and two hexadecimal digits for each of
/// its bytes. They are those below 0x20, 0x7f, and in UTF-8 U+0080 to U+009F.
std::string escape_controls(std::string_view text);

}  // namespace argosy
