// base/error.h - how every fallible function reports failure.
#pragma once
#include <expected>
#include <string>
#include <utility>

namespace argosy {

/// The kind of a failure: decides the HTTP status, and whether a retry can help.
enum class Fault { invalid, denied, not_found, conflict, limit, unavailable, corrupt };

/// `code` is the public code (EC2's, EBS direct's, STS's); empty below the domain, where `message` only
/// reaches the log and the client sees InternalError or Unavailable.
struct Error {
  Fault fault;
  std::string code;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Fault fault, std::string code, std::string message) {
  return std::unexpected(Error{fault, std::move(code), std::move(message)});
}

/// A failure below the domain: no public code.
inline std::unexpected<Error> fail(Fault fault, std::string message) {
  return std::unexpected(Error{fault, {}, std::move(message)});
}

}  // namespace argosy

#define ARGOSY_JOIN_(a, b) a##b
#define ARGOSY_JOIN(a, b) ARGOSY_JOIN_(a, b)
#define ARGOSY_TRY_AS(name, ...)                                \
  ({                                                            \
    auto name = (__VA_ARGS__);                                  \
    if (!name) return std::unexpected(std::move(name).error()); \
    *std::move(name);                                           \
  })
/// Unwraps a Result (of void too), or returns its error from the enclosing plain function (never a coroutine:
/// GCC 12; never in a braced list behind another element: GCC 12 leaks that one, tools/check_try.py).
#define TRY(...) ARGOSY_TRY_AS(ARGOSY_JOIN(result_, __COUNTER__), __VA_ARGS__)
