// base/assert.h - broken invariants end the process; on in release too. The store survives a crash by design.
#pragma once

namespace argosy {
[[noreturn]] void assertion_failed(char const* expression, char const* file, int line);
}  // namespace argosy

#define ARGOSY_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::argosy::assertion_failed(#expression, __FILE__, __LINE__))
