// machines/big_endian.h - integers as LUKS and qcow2 hold them: most significant byte first.
#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace argosy::machines {

template <class Integer>
void put_be(Bytes& out, Integer value) {
  for (std::size_t i = sizeof(Integer); i-- > 0;)
    out.push_back(static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU));
}
inline void put_be32(Bytes& out, std::uint32_t value) { put_be(out, value); }

template <class Integer>
Integer get_be(ByteView from, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    value = value << 8U | std::to_integer<std::uint64_t>(from[offset + i]);
  return static_cast<Integer>(value);
}

}  // namespace argosy::machines
