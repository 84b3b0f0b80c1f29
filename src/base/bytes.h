// base/bytes.h - bytes and their textual forms: hexadecimal, base64, little-endian integers.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace argosy {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<std::byte const>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<std::byte const*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Accepts either case; fails with `invalid` on an odd length or another character.
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4, with padding.
std::string to_base64(ByteView bytes);
/// Padding required; fails with `invalid` on anything else.
Result<Bytes> from_base64(std::string_view text);

/// Appends or reads an unsigned integer, least significant byte first.
template <class Integer>
void put_le(Bytes& out, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    out.push_back(static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU));
}
template <class Integer>
Integer get_le(std::byte const* from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  return static_cast<Integer>(value);
}

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);
/// The text itself if it is UTF-8, else with a '?' for each of its bytes beyond ASCII.
std::string to_utf8(std::string_view text);

/// True if every byte is zero (an empty span is). Runs at memory speed.
bool is_all_zero(ByteView bytes);

}  // namespace argosy
