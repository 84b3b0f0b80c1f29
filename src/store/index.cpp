// store/index.cpp - see index.h: the SQL.
#include "store/index.h"

#include "sql/read_rows.h"

namespace argosy::store::index {
namespace {

/// Another number in an index that exists: it is emptied and made anew from the packs.
constexpr std::int64_t kIndexVersion = 2;

constexpr std::string_view kSchema = R"sql(
CREATE TABLE IF NOT EXISTS chunks(
  domain INTEGER NOT NULL, id BLOB NOT NULL, pack INTEGER NOT NULL, offset_bytes INTEGER NOT NULL,
  length_bytes INTEGER NOT NULL, level INTEGER NOT NULL, state INTEGER NOT NULL, generation INTEGER NOT NULL,
  lookup BLOB, PRIMARY KEY(domain, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunks_nodes ON chunks(level, domain, id) WHERE level > 0;
CREATE INDEX IF NOT EXISTS chunks_staged ON chunks(level, domain, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS chunks_damaged ON chunks(domain, id) WHERE state = 2;
CREATE TABLE IF NOT EXISTS placements(
  upload TEXT NOT NULL, block INTEGER NOT NULL, sequence INTEGER NOT NULL, reference BLOB NOT NULL,
  PRIMARY KEY(upload, block)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookup(
  domain INTEGER NOT NULL, name BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(domain, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packs(
  number INTEGER PRIMARY KEY, indexed_bytes INTEGER NOT NULL, sealed INTEGER NOT NULL,
  live_bytes INTEGER NOT NULL, retired_ms INTEGER);
CREATE TABLE IF NOT EXISTS stored(
  pack INTEGER NOT NULL, domain INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY(pack, domain)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals(
  domain INTEGER PRIMARY KEY, blocks INTEGER NOT NULL, block_bytes INTEGER NOT NULL, nodes INTEGER NOT NULL,
  node_bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS numbers(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)sql";

constexpr std::string_view kNumbersTable =
    "CREATE TABLE IF NOT EXISTS numbers(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID";

std::int64_t as_integer(Domain domain) { return static_cast<std::int64_t>(domain); }

/// Columns of a row as every query here selects them.
#define CHUNK_COLUMNS "domain, id, pack, offset_bytes, length_bytes, level, state, generation"

ChunkRow row_of(sql::Rows& rows) {
  ChunkRow row;
  row.domain = static_cast<Domain>(rows.integer(0));
  row.id = ChunkId::copy_of(rows.blob(1));
  row.location = {rows.integer(2), static_cast<std::uint64_t>(rows.integer(3)),
                  static_cast<std::uint32_t>(rows.integer(4)), static_cast<std::uint8_t>(rows.integer(5)),
                  static_cast<ChunkState>(rows.integer(6))};
  row.generation = rows.integer(7);
  return row;
}

Result<std::vector<ChunkRow>> all_of(Result<std::unique_ptr<sql::Rows>> opened) {
  return sql::read_rows(std::move(opened), row_of);
}

Result<void> place_chunk(sql::Transaction& tx, ChunkRow const& row) {
  auto const& at = row.location;
  TRY(tx.execute(
      "INSERT INTO chunks(" CHUNK_COLUMNS
      ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
      "ON CONFLICT(domain, id) DO UPDATE SET pack = excluded.pack, offset_bytes = excluded.offset_bytes, "
      "length_bytes = excluded.length_bytes, state = excluded.state, generation = excluded.generation",
      {as_integer(row.domain), ByteView(row.id.bytes), at.pack, static_cast<std::int64_t>(at.offset_bytes),
       std::int64_t{at.length_bytes}, std::int64_t{at.level}, static_cast<std::int64_t>(at.state),
       row.generation}));
  return {};
}

}  // namespace

Result<void> create_schema(sql::Session& session) {
  TRY(session.run_script(kNumbersTable));
  auto tx = TRY(sql::Transaction::begin(session, sql::Access::write));
  auto version = TRY(number(tx, "version", 0));
  if (version != kIndexVersion)
    for (auto table : {"chunks", "placements", "lookup", "packs", "stored", "totals", "numbers"})
      TRY(session.run_script(std::string("DROP TABLE IF EXISTS ") + table));
  TRY(session.run_script(kSchema));
  TRY(save_number(tx, "version", kIndexVersion));
  return tx.commit();
}

void Sums::count(Domain domain, Location const& at, std::int64_t sign) {
  if (at.state == ChunkState::damaged) return;
  auto const bytes = sign * at.length_bytes;
  live_[at.pack] += bytes;
  auto& total = totals_[domain];
  (at.level == 0 ? total.blocks : total.nodes) += sign;
  (at.level == 0 ? total.block_bytes : total.node_bytes) += bytes;
}

Result<void> Sums::save(sql::Transaction& tx) const {
  for (auto const& [pack, bytes] : live_)
    TRY(
        tx.execute("INSERT INTO packs(number, indexed_bytes, sealed, live_bytes) VALUES(?1, 0, 0, ?2) "
                   "ON CONFLICT(number) DO UPDATE SET live_bytes = packs.live_bytes + excluded.live_bytes",
                   {pack, bytes}));
  for (auto const& [where, bytes] : stored_)
    TRY(
        tx.execute("INSERT INTO stored(pack, domain, bytes) VALUES(?1, ?2, ?3) "
                   "ON CONFLICT(pack, domain) DO UPDATE SET bytes = stored.bytes + excluded.bytes",
                   {where.first, as_integer(where.second), bytes}));
  for (auto const& [domain, total] : totals_)
    TRY(tx.execute(
        "INSERT INTO totals(domain, blocks, block_bytes, nodes, node_bytes) VALUES(?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT(domain) DO UPDATE SET blocks = totals.blocks + excluded.blocks, "
        "block_bytes = totals.block_bytes + excluded.block_bytes, nodes = totals.nodes + excluded.nodes, "
        "node_bytes = totals.node_bytes + excluded.node_bytes",
        {as_integer(domain), total.blocks, total.block_bytes, total.nodes, total.node_bytes}));
  return {};
}

Result<ChunkRow> save_chunk(sql::Transaction& tx, Sums& sums, ChunkRow const& row, Verified verified) {
  auto known = TRY(find_chunk(tx, row.domain, row.id));
  bool const other = verified == Verified::yes || (known && !known->location.same_place(row.location));
  if (!known || (known->location.state == ChunkState::damaged && other)) {
    TRY(place_chunk(tx, row));
    sums.add(row.domain, row.location);
    return row;
  }
  auto merged = *known;
  merged.location.state = std::max(known->location.state, row.location.state);
  merged.generation = std::max(known->generation, row.generation);
  bool const same = merged.location.state == known->location.state && merged.generation == known->generation;
  if (!same) TRY(place_chunk(tx, merged));
  return merged;
}

Result<std::optional<ChunkRow>> find_chunk(sql::Transaction& tx, Domain domain, ChunkId const& id) {
  auto rows = TRY(tx.query("SELECT " CHUNK_COLUMNS " FROM chunks WHERE domain = ?1 AND id = ?2",
                           {as_integer(domain), ByteView(id.bytes)}));
  bool found = TRY(rows->next());
  return found ? std::optional(row_of(*rows)) : std::nullopt;
}

Result<void> close_chunk(sql::Transaction& tx, Domain domain, ChunkId const& id) {
  TRY(tx.execute("UPDATE chunks SET state = 1 WHERE domain = ?1 AND id = ?2 AND state = 0",
                 {as_integer(domain), ByteView(id.bytes)}));
  return {};
}

Result<void> mark_damaged(sql::Transaction& tx, Sums& sums, ChunkRow const& row) {
  auto known = TRY(find_chunk(tx, row.domain, row.id));
  if (!known || !known->location.same_place(row.location) || known->location.state == ChunkState::damaged)
    return {};
  sums.remove(known->domain, known->location);
  known->location.state = ChunkState::damaged;
  return place_chunk(tx, *known);
}

Result<bool> move_chunk(sql::Transaction& tx, Sums& sums, Domain domain, ChunkId const& id,
                        Location const& from, Location const& to) {
  auto moved = TRY(
      tx.execute("UPDATE chunks SET pack = ?3, offset_bytes = ?4 "
                 "WHERE domain = ?1 AND id = ?2 AND pack = ?5 AND offset_bytes = ?6 AND state <> 2",
                 {as_integer(domain), ByteView(id.bytes), to.pack, static_cast<std::int64_t>(to.offset_bytes),
                  from.pack, static_cast<std::int64_t>(from.offset_bytes)}));
  if (moved == 1) sums.move(domain, from.length_bytes, from.pack, to.pack);
  return moved == 1;
}

Result<bool> drop_chunk(sql::Transaction& tx, Sums& sums, ChunkRow const& row, std::int64_t generation) {
  auto known = TRY(find_chunk(tx, row.domain, row.id));
  if (!known || known->generation >= generation) return false;
  TRY(
      tx.execute("DELETE FROM lookup WHERE domain = ?1 AND name = "
                 "(SELECT lookup FROM chunks WHERE domain = ?1 AND id = ?2)",
                 {as_integer(row.domain), ByteView(row.id.bytes)}));
  TRY(tx.execute("DELETE FROM chunks WHERE domain = ?1 AND id = ?2",
                 {as_integer(row.domain), ByteView(row.id.bytes)}));
  sums.remove(known->domain, known->location);
  return true;
}

Result<std::vector<ChunkRow>> chunks_of_level(sql::Transaction& tx, std::uint8_t level, Domain after_domain,
                                              ChunkId const& after_id, std::size_t limit) {
  if (level == 0)
    return all_of(
        tx.query("SELECT " CHUNK_COLUMNS " FROM chunks WHERE (domain, id) > (?1, ?2) AND level = 0 "
                 "ORDER BY domain, id LIMIT ?3",
                 {as_integer(after_domain), ByteView(after_id.bytes), static_cast<std::int64_t>(limit)}));
  return all_of(tx.query("SELECT " CHUNK_COLUMNS " FROM chunks "
                         "WHERE level > 0 AND level = ?1 AND (domain, id) > (?2, ?3) ORDER BY domain, id "
                         "LIMIT ?4",
                         {std::int64_t{level}, as_integer(after_domain), ByteView(after_id.bytes),
                          static_cast<std::int64_t>(limit)}));
}

Result<std::vector<ChunkRow>> damaged_chunks(sql::Transaction& tx, Domain after_domain,
                                             ChunkId const& after_id, std::size_t limit) {
  return all_of(
      tx.query("SELECT " CHUNK_COLUMNS " FROM chunks WHERE state = 2 AND (domain, id) > (?1, ?2) "
               "ORDER BY domain, id LIMIT ?3",
               {as_integer(after_domain), ByteView(after_id.bytes), static_cast<std::int64_t>(limit)}));
}

Result<std::vector<ChunkRow>> live_chunks_of_pack(sql::Transaction& tx, std::int64_t pack,
                                                  std::size_t limit) {
  return all_of(tx.query("SELECT " CHUNK_COLUMNS
                         " FROM chunks WHERE pack = ?1 AND state <> 2 ORDER BY offset_bytes LIMIT ?2",
                         {pack, static_cast<std::int64_t>(limit)}));
}

Result<std::vector<ChunkRow>> damaged_chunks_of_pack(sql::Transaction& tx, std::int64_t pack,
                                                     std::size_t limit) {
  return all_of(tx.query("SELECT " CHUNK_COLUMNS
                         " FROM chunks INDEXED BY chunks_damaged WHERE state = 2 AND pack = ?1 "
                         "ORDER BY offset_bytes LIMIT ?2",
                         {pack, static_cast<std::int64_t>(limit)}));
}

Result<std::int64_t> count_damaged(sql::Transaction& tx) {
  auto rows = TRY(tx.query("SELECT count(*) FROM chunks WHERE state = 2"));
  TRY(rows->next());
  return rows->integer(0);
}

Result<bool> has_damage(sql::Transaction& tx, Domain domain) {
  // By this index: SQLite would go through all chunks of the domain, which the table is ordered by.
  auto rows =
      TRY(tx.query("SELECT 1 FROM chunks INDEXED BY chunks_damaged WHERE state = 2 AND domain = ?1 LIMIT 1",
                   {as_integer(domain)}));
  return rows->next();
}

Result<std::vector<ChunkRow>> staged_nodes(sql::Transaction& tx, std::uint8_t level, Domain after_domain,
                                           ChunkId const& after_id, std::size_t limit) {
  return all_of(tx.query("SELECT " CHUNK_COLUMNS " FROM chunks "
                         "WHERE state = 0 AND level = ?1 AND (domain, id) > (?2, ?3) ORDER BY domain, id "
                         "LIMIT ?4",
                         {std::int64_t{level}, as_integer(after_domain), ByteView(after_id.bytes),
                          static_cast<std::int64_t>(limit)}));
}

Result<void> save_placement(sql::Transaction& tx, Placement const& placement, std::uint64_t sequence) {
  TRY(
      tx.execute("INSERT INTO placements(upload, block, sequence, reference) VALUES(?1, ?2, ?3, ?4) "
                 "ON CONFLICT(upload, block) DO UPDATE SET sequence = excluded.sequence, "
                 "reference = excluded.reference WHERE excluded.sequence > placements.sequence",
                 {std::string_view(placement.upload), static_cast<std::int64_t>(placement.block),
                  static_cast<std::int64_t>(sequence), ByteView(placement.reference)}));
  return {};
}

Result<bool> is_current(sql::Transaction& tx, Placement const& placement, std::uint64_t sequence) {
  auto rows = TRY(tx.query("SELECT 1 FROM placements WHERE upload = ?1 AND block = ?2 AND sequence = ?3",
                           {std::string_view(placement.upload), static_cast<std::int64_t>(placement.block),
                            static_cast<std::int64_t>(sequence)}));
  return rows->next();
}

Result<std::optional<std::string>> next_upload(sql::Transaction& tx, std::string_view after) {
  auto rows =
      TRY(tx.query("SELECT upload FROM placements WHERE upload > ?1 ORDER BY upload LIMIT 1", {after}));
  bool found = TRY(rows->next());
  return found ? std::optional(std::string(rows->text(0))) : std::nullopt;
}

Result<std::vector<PlacementRow>> placements(sql::Transaction& tx, std::string_view upload,
                                             std::uint64_t from_block, std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT block, reference FROM placements WHERE upload = ?1 AND block >= ?2 "
               "ORDER BY block LIMIT ?3",
               {upload, static_cast<std::int64_t>(from_block), static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) {
        return PlacementRow{static_cast<std::uint64_t>(row.integer(0)), to_bytes(row.blob(1))};
      });
}

Result<std::int64_t> remove_placements(sql::Transaction& tx, std::string_view upload, std::int64_t limit) {
  return tx.execute(
      "DELETE FROM placements WHERE upload = ?1 AND block IN "
      "(SELECT block FROM placements WHERE upload = ?1 ORDER BY block LIMIT ?2)",
      {upload, limit});
}

Result<void> save_lookup(sql::Transaction& tx, Domain domain, ByteView name, ChunkId const& id,
                         ByteView sealed) {
  TRY(
      tx.execute("INSERT INTO lookup(domain, name, sealed) VALUES(?1, ?2, ?3) "
                 "ON CONFLICT(domain, name) DO UPDATE SET sealed = excluded.sealed",
                 {as_integer(domain), name, sealed}));
  TRY(tx.execute("UPDATE chunks SET lookup = ?3 WHERE domain = ?1 AND id = ?2",
                 {as_integer(domain), ByteView(id.bytes), name}));
  return {};
}

Result<std::optional<Bytes>> find_lookup(sql::Transaction& tx, Domain domain, ByteView name) {
  auto rows =
      TRY(tx.query("SELECT sealed FROM lookup WHERE domain = ?1 AND name = ?2", {as_integer(domain), name}));
  bool found = TRY(rows->next());
  return found ? std::optional(to_bytes(rows->blob(0))) : std::nullopt;
}

Result<void> save_pack(sql::Transaction& tx, PackRow const& row) {
  TRY(tx.execute(
      "INSERT INTO packs(number, indexed_bytes, sealed, live_bytes) VALUES(?1, ?2, ?3, 0) "
      "ON CONFLICT(number) DO UPDATE SET indexed_bytes = excluded.indexed_bytes, sealed = excluded.sealed",
      {row.number, static_cast<std::int64_t>(row.indexed_bytes), std::int64_t{row.sealed ? 1 : 0}}));
  return {};
}

Result<void> retire_pack(sql::Transaction& tx, std::int64_t number, std::optional<Time> when) {
  TRY(tx.execute("UPDATE packs SET retired_ms = ?2 WHERE number = ?1",
                 {number, sql::optional_value(when.transform(to_milliseconds))}));
  return {};
}

Result<void> remove_pack(sql::Transaction& tx, std::int64_t number) {
  TRY(tx.execute("DELETE FROM packs WHERE number = ?1", {number}));
  TRY(tx.execute("DELETE FROM stored WHERE pack = ?1", {number}));
  return {};
}

Result<std::vector<PackRow>> packs(sql::Transaction& tx, std::int64_t after, std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT number, indexed_bytes, sealed, live_bytes, retired_ms FROM packs WHERE number > ?1 "
               "ORDER BY number LIMIT ?2",
               {after, static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) {
        PackRow pack{row.integer(0), static_cast<std::uint64_t>(row.integer(1)), row.integer(2) != 0,
                     static_cast<std::uint64_t>(row.integer(3)), std::nullopt};
        if (!row.is_null(4)) pack.retired = from_milliseconds(row.integer(4));
        return pack;
      });
}

Result<std::optional<PackRow>> find_pack(sql::Transaction& tx, std::int64_t number) {
  auto rows = TRY(packs(tx, number - 1, 1));
  bool const found = !rows.empty() && rows.front().number == number;
  return found ? std::optional(rows.front()) : std::nullopt;
}

Result<std::map<Domain, DomainTotals>> domain_totals(sql::Transaction& tx) {
  std::map<Domain, DomainTotals> totals;
  TRY(sql::visit_rows(tx.query("SELECT t.domain, t.blocks, t.block_bytes, t.nodes, t.node_bytes, "
                               "coalesce(s.bytes, 0) FROM totals t "
                               "LEFT JOIN (SELECT domain, sum(bytes) AS bytes FROM stored GROUP BY domain) s "
                               "ON s.domain = t.domain"),
                      [&](sql::Rows& row) -> Result<void> {
                        totals[static_cast<Domain>(row.integer(0))] = {
                            row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
                        return {};
                      }));
  return totals;
}

Result<std::int64_t> number(sql::Transaction& tx, std::string_view name, std::int64_t otherwise) {
  auto rows = TRY(tx.query("SELECT value FROM numbers WHERE name = ?1", {name}));
  bool found = TRY(rows->next());
  return found ? rows->integer(0) : otherwise;
}

Result<void> save_number(sql::Transaction& tx, std::string_view name, std::int64_t value) {
  TRY(
      tx.execute("INSERT INTO numbers(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = "
                 "excluded.value",
                 {name, value}));
  return {};
}

}  // namespace argosy::store::index
