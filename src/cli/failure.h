// cli/failure.h - what went wrong, as a user needs to know it, and the exit code that follows.
#pragma once
#include <optional>
#include <string>

#include "base/error.h"

namespace argosy::cli {

/// 252 to 254 are those of the aws command, 3 is restic's; docs: `argosy --help`.
enum class Exit : int {
  done = 0,
  failed = 1,
  different = 2,      ///< `verify`: the contents are not the same
  partly = 3,         ///< some regions or images failed, the others are done; running it again does the rest
  refused = 4,        ///< found out before anything was changed
  temporary = 5,      ///< a limit, a quota, throttling or no connection: later it may work
  timed_out = 6,      ///< nothing moved for too long; the work goes on at the server
  guarded = 7,        ///< in use or protected
  locked = 8,         ///< another run is at the same work
  hung_up = 129,      ///< SIGHUP
  interrupted = 130,  ///< SIGINT
  terminated = 143,   ///< SIGTERM
  usage = 252,
  configuration = 253,  ///< credentials too
  service = 254,        ///< the service answered with an error
};

struct Failure : Error {
  /// Implicit, so that TRY carries the error of a Result. An error with a code came from a service.
  Failure(Error error);
  Failure(Exit exit_code, std::string text) : Error{Fault::invalid, {}, std::move(text)}, exit(exit_code) {}

  /// Whether it passes by itself. A quota does not: somebody must make room, or allow more.
  bool retryable() const;

  Exit exit = Exit::failed;
  std::string request_id;  ///< empty unless a service answered
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> stop(Exit exit, std::string message) {
  return std::unexpected(Failure(exit, std::move(message)));
}

/// Does it to each, also after one that failed; the first failure is that of all.
template <class Items, class Act>
Outcome<void> try_each(Items const& items, Act act) {
  Outcome<void> outcome;
  for (auto const& item : items) {
    Outcome<void> done = act(item);
    if (!done && outcome) outcome = std::move(done);
  }
  return outcome;
}

/// Whether the service does not let these credentials do it, which tells nothing of what is there.
bool is_denied(Failure const& failure);

/// Nothing where these credentials may not look.
template <class T>
Outcome<std::optional<T>> if_allowed(Outcome<T>&& found) {
  if (found) return std::optional<T>(*std::move(found));
  if (is_denied(found.error())) return std::optional<T>();
  return std::unexpected(found.error());
}

/// "CODE: message (request id …)", and on a second line what to do, where that is known.
std::string explain(Failure const& failure);

}  // namespace argosy::cli
