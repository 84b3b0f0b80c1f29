// tests/fuzz/socket.h - system calls on sockets beside libFuzzer, whose timer interrupts them.
#pragma once
#include <algorithm>
#include <cerrno>

#include "fuzz/fuzz.h"

namespace argosy::fuzz {

/// What the call returns once no signal was in its way.
auto uninterrupted(auto const& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// `bytes` with its last `count` again and again: more than any reader of headers or trailers may hold, from
/// an input that is small.
inline Bytes repeat_end(ByteView bytes, std::size_t count) {
  constexpr std::size_t kEnoughBytes = 96U << 10U;
  auto const end = bytes.last(std::min(count, bytes.size()));
  auto out = to_bytes(bytes);
  while (!end.empty() && out.size() < kEnoughBytes) out.insert(out.end(), end.begin(), end.end());
  return out;
}

}  // namespace argosy::fuzz
