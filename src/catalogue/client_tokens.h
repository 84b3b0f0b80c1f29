// catalogue/client_tokens.h - idempotency: a token is a row of the transaction that it protects. Source:
// ec2-semantics A5.
#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "catalogue/schema.h"

namespace argosy::catalogue {

/// Tokens are kept at least this long.
inline constexpr Duration kClientTokenAge = std::chrono::hours(48);

struct ClientToken {
  std::string account;
  std::string action;
  std::string token;
  std::string parameters;  ///< the request's other ones, however long: a digest of them is kept
};

/// The result of the first call with this token, nothing if there was none. Fails with
/// IdempotentParameterMismatch if that call had other parameters.
Result<std::optional<std::string>> find_result(Transaction& tx, ClientToken const& token);
/// Also forgets some that are too old.
Result<void> save_result(Transaction& tx, ClientToken const& token, std::string_view result, Time now);

}  // namespace argosy::catalogue
