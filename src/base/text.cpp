// base/text.cpp - see text.h.
#include "base/text.h"

#include <algorithm>

namespace argosy {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Of UTF-8.
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

}  // namespace

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool equal_ignoring_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

/// One way back is enough: what an earlier `*` could take more of, a later one takes as well.
bool matches_wildcard(std::string_view pattern, std::string_view text, Escape escape) {
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    bool const escaped = escape == Escape::backslash && p + 1 < pattern.size() && pattern[p] == '\\';
    std::size_t const at = escaped ? p + 1 : p;
    bool const literal = at < pattern.size() && pattern[at] == text[t];
    if (!escaped && at < pattern.size() && pattern[at] == '*') {
      star = p++;
      star_text = t;
    } else if (literal || (!escaped && at < pattern.size() && pattern[at] == '?')) {
      p = at + 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

std::string_view first_characters(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  while (most_bytes > 0 && continues_character(text[most_bytes])) --most_bytes;
  return text.substr(0, most_bytes);
}

std::string escape_controls(std::string_view text) {
  auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  std::string out;
  auto escape = [&](std::size_t at) {
    if (text[at] == '\n') {
      out += "\\n";
    } else if (text[at] == '\t') {
      out += "\\t";
    } else {
      out += "\\x";
      out += kHexDigits[byte(at) >> 4U];
      out += kHexDigits[byte(at) & 15U];
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (byte(i) < 0x20 || byte(i) == 0x7f) {
      escape(i);
    } else if (byte(i) == 0xc2 && byte(i + 1) >= 0x80 && byte(i + 1) < 0xa0) {
      escape(i);
      escape(++i);
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace argosy
