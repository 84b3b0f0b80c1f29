// store/index.cpp - see index.h: the SQL.
#include "store/index.h"

namespace argosy::store::index {
namespace {

constexpr std::string_view kSchema = R"sql(
CREATE TABLE IF NOT EXISTS chunks(
  domain INTEGER NOT NULL, id BLOB NOT NULL, pack INTEGER NOT NULL, offset_bytes INTEGER NOT NULL,
  length_bytes INTEGER NOT NULL, level INTEGER NOT NULL, state INTEGER NOT NULL, generation INTEGER NOT NULL,
  PRIMARY KEY(domain, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunks_staged ON chunks(level, domain, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS chunks_damaged ON chunks(domain) WHERE state = 2;
CREATE TABLE IF NOT EXISTS placements(
  upload TEXT NOT NULL, block INTEGER NOT NULL, sequence INTEGER NOT NULL, reference BLOB NOT NULL,
  PRIMARY KEY(upload, block)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookup(
  domain INTEGER NOT NULL, name BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(domain, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packs(
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, indexed_bytes INTEGER NOT NULL, sealed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS numbers(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)sql";

std::int64_t as_integer(Domain domain) { return static_cast<std::int64_t>(domain); }

Location location_of(sql::Rows& rows, int first) {
  return {rows.integer(first), static_cast<std::uint64_t>(rows.integer(first + 1)),
          static_cast<std::uint32_t>(rows.integer(first + 2)),
          static_cast<std::uint8_t>(rows.integer(first + 3)),
          static_cast<ChunkState>(rows.integer(first + 4))};
}

}  // namespace

Result<void> create_schema(sql::Session& session) { return session.run_script(kSchema); }

Result<void> save_chunk(sql::Transaction& tx, ChunkRow const& row, std::int64_t generation) {
  auto const& at = row.location;
  TRY(tx.execute(
      "INSERT INTO chunks(domain, id, pack, offset_bytes, length_bytes, level, state, generation) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(domain, id) DO UPDATE SET "
      "pack = CASE WHEN chunks.state = 2 THEN excluded.pack ELSE chunks.pack END, "
      "offset_bytes = CASE WHEN chunks.state = 2 THEN excluded.offset_bytes ELSE chunks.offset_bytes END, "
      "length_bytes = CASE WHEN chunks.state = 2 THEN excluded.length_bytes ELSE chunks.length_bytes END, "
      "state = CASE WHEN chunks.state = 2 THEN excluded.state ELSE max(chunks.state, excluded.state) END, "
      "generation = max(chunks.generation, excluded.generation)",
      {as_integer(row.domain), ByteView(row.id.bytes), at.pack, static_cast<std::int64_t>(at.offset_bytes),
       std::int64_t{at.length_bytes}, std::int64_t{at.level}, static_cast<std::int64_t>(at.state),
       generation}));
  return {};
}

Result<std::optional<Location>> find_chunk(sql::Transaction& tx, Domain domain, ChunkId const& id) {
  auto rows =
      TRY(tx.query("SELECT pack, offset_bytes, length_bytes, level, state FROM chunks "
                   "WHERE domain = ?1 AND id = ?2",
                   {as_integer(domain), ByteView(id.bytes)}));
  bool found = TRY(rows->next());
  return found ? std::optional(location_of(*rows, 0)) : std::nullopt;
}

Result<void> set_chunk_state(sql::Transaction& tx, Domain domain, ChunkId const& id, ChunkState state) {
  TRY(tx.execute("UPDATE chunks SET state = ?3 WHERE domain = ?1 AND id = ?2",
                 {as_integer(domain), ByteView(id.bytes), static_cast<std::int64_t>(state)}));
  return {};
}

Result<bool> has_damage(sql::Transaction& tx, Domain domain) {
  auto rows =
      TRY(tx.query("SELECT 1 FROM chunks WHERE state = 2 AND domain = ?1 LIMIT 1", {as_integer(domain)}));
  return rows->next();
}

Result<std::vector<ChunkRow>> staged_nodes(sql::Transaction& tx, std::uint8_t level, Domain after_domain,
                                           ChunkId const& after_id, std::size_t limit) {
  auto rows =
      TRY(tx.query("SELECT domain, id, pack, offset_bytes, length_bytes, level, state FROM chunks "
                   "WHERE state = 0 AND level = ?1 AND (domain, id) > (?2, ?3) ORDER BY domain, id LIMIT ?4",
                   {std::int64_t{level}, as_integer(after_domain), ByteView(after_id.bytes),
                    static_cast<std::int64_t>(limit)}));
  std::vector<ChunkRow> found;
  while (true) {
    bool more = TRY(rows->next());
    if (!more) return found;
    found.push_back(
        {static_cast<Domain>(rows->integer(0)), ChunkId::copy_of(rows->blob(1)), location_of(*rows, 2)});
  }
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

Result<std::vector<PlacementRow>> placements(sql::Transaction& tx, std::string_view upload,
                                             std::uint64_t from_block, std::size_t limit) {
  auto rows =
      TRY(tx.query("SELECT block, reference FROM placements WHERE upload = ?1 AND block >= ?2 "
                   "ORDER BY block LIMIT ?3",
                   {upload, static_cast<std::int64_t>(from_block), static_cast<std::int64_t>(limit)}));
  std::vector<PlacementRow> found;
  while (true) {
    bool more = TRY(rows->next());
    if (!more) return found;
    found.push_back({static_cast<std::uint64_t>(rows->integer(0)), to_bytes(rows->blob(1))});
  }
}

Result<void> remove_placements(sql::Transaction& tx, std::string_view upload) {
  TRY(tx.execute("DELETE FROM placements WHERE upload = ?1", {upload}));
  return {};
}

Result<void> save_lookup(sql::Transaction& tx, Domain domain, ByteView name, ByteView sealed) {
  TRY(
      tx.execute("INSERT INTO lookup(domain, name, sealed) VALUES(?1, ?2, ?3) "
                 "ON CONFLICT(domain, name) DO UPDATE SET sealed = excluded.sealed",
                 {as_integer(domain), name, sealed}));
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
      "INSERT INTO packs(number, name, indexed_bytes, sealed) VALUES(?1, ?2, ?3, ?4) "
      "ON CONFLICT(number) DO UPDATE SET indexed_bytes = excluded.indexed_bytes, sealed = excluded.sealed",
      {row.number, std::string_view(row.name), static_cast<std::int64_t>(row.indexed_bytes),
       std::int64_t{row.sealed ? 1 : 0}}));
  return {};
}

Result<std::vector<PackRow>> packs(sql::Transaction& tx) {
  auto rows = TRY(tx.query("SELECT number, name, indexed_bytes, sealed FROM packs ORDER BY number"));
  std::vector<PackRow> found;
  while (true) {
    bool more = TRY(rows->next());
    if (!more) return found;
    found.push_back({rows->integer(0), std::string(rows->text(1)),
                     static_cast<std::uint64_t>(rows->integer(2)), rows->integer(3) != 0});
  }
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
