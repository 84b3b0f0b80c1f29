// tests/fuzz/socket.h - system calls on sockets beside libFuzzer, whose timer interrupts them.
#pragma once
#include <cerrno>

#include "fuzz/fuzz.h"

namespace argosy::fuzz {

/// What the call returns once no signal was in its way.
auto uninterrupted(auto const& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace argosy::fuzz
