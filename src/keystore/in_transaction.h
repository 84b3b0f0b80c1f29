// keystore/in_transaction.h - one transaction of several that a step takes, in one region or another.
#pragma once
#include "catalogue/schema.h"

namespace argosy::keystore {

/// Runs `function(tx)` and commits what writes.
template <class Function>
auto in_transaction(sql::Pool& catalogue, sql::Access access, Function const& function)
    -> decltype(function(std::declval<catalogue::Transaction&>())) {
  auto session = TRY(catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, access));
  auto result = function(tx);
  if (result && access == sql::Access::write) TRY(tx.commit());
  return result;
}

}  // namespace argosy::keystore
