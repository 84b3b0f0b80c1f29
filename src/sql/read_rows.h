// sql/read_rows.h - the rows of a query, one after the other.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "sql/session.h"

namespace argosy::sql {

/// Calls `visit(row)` for each; it may fail to stop.
template <class Visit>
Result<void> visit_rows(Result<std::unique_ptr<Rows>> opened, Visit visit) {
  auto rows = TRY(std::move(opened));
  while (true) {
    bool more = TRY(rows->next());
    if (!more) return {};
    TRY(visit(*rows));
  }
}

/// What `make(row)` makes of each, in their order; all of them are held in memory.
template <class Make>
auto read_rows(Result<std::unique_ptr<Rows>> opened, Make make)
    -> Result<std::vector<decltype(make(std::declval<Rows&>()))>> {
  std::vector<decltype(make(std::declval<Rows&>()))> made;
  TRY(visit_rows(std::move(opened), [&](Rows& row) -> Result<void> {
    made.push_back(make(row));
    return {};
  }));
  return made;
}

}  // namespace argosy::sql
