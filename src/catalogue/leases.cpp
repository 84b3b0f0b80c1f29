// catalogue/leases.cpp - see leases.h.
#include "catalogue/leases.h"

#include "catalogue/roots.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {

Result<void> insert_lease(Transaction& tx, Lease const& lease) {
  TRY(tx.execute(
      "INSERT INTO leases(id, peer, account, resource, created_ms, expires_ms) VALUES(?1, ?2, ?3, ?4, ?5, "
      "?6)",
      {std::string_view(lease.id), std::string_view(lease.peer), std::string_view(lease.account),
       std::string_view(lease.resource), to_milliseconds(lease.created), to_milliseconds(lease.expires)}));
  for (auto const& disk : lease.disks)
    TRY(tx.execute(
        "INSERT INTO lease_disks(lease, snapshot, domain, root, volume_size_gib, kms_key, envelope) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        {std::string_view(lease.id), std::string_view(disk.snapshot_id), std::string_view(disk.domain),
         ByteView(disk.root), disk.volume_size_gib, std::string_view(disk.kms_key),
         ByteView(disk.envelope)}));
  return {};
}

Result<Lease> find_lease(Transaction& tx, std::string_view id, std::string_view peer, Time now) {
  Lease lease;
  {
    auto rows =
        TRY(tx.query("SELECT id, peer, account, resource, created_ms, expires_ms FROM leases "
                     "WHERE id = ?1 AND peer = ?2 AND expires_ms > ?3",
                     {id, peer, to_milliseconds(now)}));
    bool found = TRY(rows->next());
    if (!found) return lease_not_found(id);
    lease = {std::string(rows->text(0)),
             std::string(rows->text(1)),
             std::string(rows->text(2)),
             std::string(rows->text(3)),
             from_milliseconds(rows->integer(4)),
             from_milliseconds(rows->integer(5)),
             {}};
  }
  lease.disks = TRY(sql::read_rows(
      tx.query("SELECT snapshot, domain, root, volume_size_gib, kms_key, envelope FROM lease_disks "
               "WHERE lease = ?1",
               {id}),
      [](sql::Rows& row) {
        return LeaseDisk{std::string(row.text(0)), std::string(row.text(1)), to_bytes(row.blob(2)),
                         row.integer(3),           std::string(row.text(4)), to_bytes(row.blob(5))};
      }));
  return lease;
}

Result<void> check_lease_limit(Transaction& tx, std::string_view peer, std::string_view account) {
  auto rows =
      TRY(tx.query("SELECT count(*), coalesce(sum(CASE WHEN account = ?2 THEN 1 ELSE 0 END), 0) FROM leases "
                   "WHERE peer = ?1",
                   {peer, account}));
  TRY(rows->next());
  if (rows->integer(1) >= kMaxLeasesOfAccount)
    return fail(Fault::limit, "RequestLimitExceeded",
                "Account " + std::string(account) + " has too many copies under way into " +
                    std::string(peer) + " from its source region");
  if (rows->integer(0) >= kMaxLeasesOfPeer)
    return fail(Fault::limit, "RequestLimitExceeded",
                "Region " + std::string(peer) + " has too many copies under way from its source region");
  return {};
}

Result<void> renew_lease(Transaction& tx, std::string_view id, Time expires) {
  TRY(tx.execute("UPDATE leases SET expires_ms = ?2 WHERE id = ?1", {id, to_milliseconds(expires)}));
  return {};
}

namespace {

/// Says that there is garbage if a lease was the last that needed a snapshot's content.
Result<void> note_orphans(Transaction& tx, std::string_view query, sql::Value const& parameter) {
  bool orphans = false;
  {
    auto rows = TRY(tx.query(query, {parameter}));
    orphans = TRY(rows->next());
  }
  return orphans ? note_garbage(tx) : Result<void>{};
}

}  // namespace

Result<void> remove_lease(Transaction& tx, std::string_view id) {
  TRY(note_orphans(tx,
                   "SELECT 1 FROM lease_disks WHERE lease = ?1 "
                   "AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE s.id = snapshot) LIMIT 1",
                   id));
  TRY(tx.execute("DELETE FROM lease_disks WHERE lease = ?1", {id}));
  TRY(tx.execute("DELETE FROM leases WHERE id = ?1", {id}));
  return {};
}

Result<void> remove_expired_leases(Transaction& tx, Time now) {
  TRY(note_orphans(tx,
                   "SELECT 1 FROM leases l JOIN lease_disks d ON d.lease = l.id WHERE l.expires_ms <= ?1 "
                   "AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE s.id = d.snapshot) LIMIT 1",
                   to_milliseconds(now)));
  TRY(tx.execute("DELETE FROM lease_disks WHERE lease IN (SELECT id FROM leases WHERE expires_ms <= ?1)",
                 {to_milliseconds(now)}));
  TRY(tx.execute("DELETE FROM leases WHERE expires_ms <= ?1", {to_milliseconds(now)}));
  return {};
}

}  // namespace argosy::catalogue
