// sql/in_transaction.h - one piece of work in a transaction of its own.
#pragma once
#include <utility>

#include "sql/session.h"

namespace argosy::sql {

/// Calls `function(tx)` in a transaction of a session of the pool, and returns what it does. A write is
/// committed unless the function fails.
template <class Function>
auto in_transaction(Pool& pool, Access access, Function function)
    -> decltype(function(std::declval<Transaction&>())) {
  auto session = TRY(pool.take());
  auto tx = TRY(Transaction::begin(*session, access));
  auto result = function(tx);
  if (result && access == Access::write) TRY(tx.commit());
  return result;
}

}  // namespace argosy::sql
