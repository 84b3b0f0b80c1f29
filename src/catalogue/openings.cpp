// catalogue/openings.cpp - see openings.h.
#include "catalogue/openings.h"

#include <algorithm>

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

constexpr std::size_t kMaxTextBytes = 64;
/// How often (in openings) those beyond the limits are removed.
constexpr std::int64_t kPruneEvery = 100;

/// Printable, and no longer than any name of ours.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kMaxTextBytes));
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

Result<void> prune(Transaction& tx, Opening const& newest) {
  TRY(tx.execute("DELETE FROM openings WHERE at_ms < ?1", {to_milliseconds(newest.at - kOpeningAge)}));
  TRY(
      tx.execute("DELETE FROM openings WHERE peer = ?1 AND number <= (SELECT number FROM openings WHERE "
                 "peer = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                 {std::string_view(newest.peer), kMaxOpeningsOfPeer}));
  return {};
}

}  // namespace

Result<void> insert_opening(Transaction& tx, Opening const& opening) {
  auto const peer = shown(opening.peer);
  auto const region = shown(opening.region);
  auto const account = shown(opening.account);
  auto const resource = shown(opening.resource);
  auto const outcome = shown(opening.outcome);
  TRY(
      tx.execute("INSERT INTO openings(at_ms, peer, region, account, resource, outcome) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                 {to_milliseconds(opening.at), std::string_view(peer), std::string_view(region),
                  std::string_view(account), std::string_view(resource), std::string_view(outcome)}));
  std::int64_t number = 0;
  {
    auto rows = TRY(tx.query("SELECT max(number) FROM openings"));
    TRY(rows->next());
    number = rows->integer(0);
  }
  return number % kPruneEvery == 0 ? prune(tx, {opening.at, peer, {}, {}, {}, {}}) : Result<void>{};
}

Result<std::vector<Opening>> list_openings(Transaction& tx, std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT at_ms, peer, region, account, resource, outcome FROM openings ORDER BY number DESC "
               "LIMIT ?1",
               {static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) {
        return Opening{from_milliseconds(row.integer(0)), std::string(row.text(1)), std::string(row.text(2)),
                       std::string(row.text(3)),          std::string(row.text(4)), std::string(row.text(5))};
      });
}

}  // namespace argosy::catalogue
