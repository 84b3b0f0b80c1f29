// catalogue/usage.cpp - see usage.h.
#include "catalogue/usage.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

Result<std::int64_t> number(Transaction& tx, std::string_view statement,
                            std::initializer_list<sql::Value> parameters = {}) {
  auto rows = TRY(tx.query(statement, parameters));
  TRY(rows->next());
  return rows->integer(0);
}

/// Rows of a text and a number.
Result<std::map<std::string, std::int64_t>> numbers(Transaction& tx, std::string_view statement,
                                                    std::initializer_list<sql::Value> parameters = {}) {
  std::map<std::string, std::int64_t> out;
  TRY(sql::visit_rows(tx.query(statement, parameters), [&](sql::Rows& row) -> Result<void> {
    out[std::string(row.text(0))] = row.integer(1);
    return {};
  }));
  return out;
}

}  // namespace

Result<std::int64_t> count_content_bytes(Transaction& tx, std::string_view owner) {
  return number(tx, "SELECT coalesce(sum(content_bytes), 0) FROM snapshots WHERE owner = ?1", {owner});
}

Result<std::int64_t> count_settled_bytes(Transaction& tx, std::string_view owner) {
  auto all = TRY(count_content_bytes(tx, owner));
  auto uploads = TRY(list_upload_bytes(tx, owner));
  for (auto const& [id, bytes] : uploads) all -= bytes;
  return all;
}

Result<std::map<std::string, std::int64_t>> list_upload_bytes(Transaction& tx, std::string_view owner) {
  return numbers(tx,
                 "SELECT id, content_bytes FROM snapshots WHERE is_upload = 1 AND state = 'pending' "
                 "AND owner = ?1",
                 {owner});
}

Result<RegionCounts> count_region(Transaction& tx) {
  RegionCounts out;
  out.images = TRY(number(tx, "SELECT count(*) FROM images WHERE state <> 'deregistered'"));
  out.snapshots = TRY(numbers(tx, "SELECT state, count(*) FROM snapshots GROUP BY state"));
  out.open_uploads = TRY(number(
      tx, "SELECT count(*) FROM snapshots WHERE is_upload = 1 AND state = 'pending' AND completing = 0"));
  out.completing_uploads = TRY(number(
      tx, "SELECT count(*) FROM snapshots WHERE is_upload = 1 AND state = 'pending' AND completing = 1"));
  out.copies = TRY(number(tx, "SELECT count(*) FROM copies"));
  out.instances =
      TRY(numbers(tx, "SELECT state, count(*) FROM instances WHERE state <> 'terminated' GROUP BY state"));
  out.volumes = TRY(number(tx, "SELECT count(*) FROM volumes"));
  return out;
}

}  // namespace argosy::catalogue
