// store/recovery.cpp - see recovery.h.
#include "store/recovery.h"

#include <map>

#include "base/log.h"

namespace argosy::store {
namespace {

/// Rows of one transaction while packs are read.
constexpr std::size_t kBatchRows = 10'000;
/// Far more chunks than a pack can hold.
constexpr std::size_t kMaxPackRows = 1U << 24U;

class Recovery {
 public:
  Recovery(bucket::Bucket& bucket, sql::Session& session, Writers& writers)
      : bucket_(bucket), session_(session), writers_(writers) {}

  Result<Recovered> run();

 private:
  Result<void> take_over(bucket::Object const& object, std::int64_t number);
  Result<bool> take_over_sealed(bucket::Object const& object, PackRow& row);
  Result<bool> take_over_open(bucket::Object const& object, PackRow& row);
  Result<bool> take_over_behind(bucket::Object const& object, std::int64_t number, ScanResult const& before);
  Result<void> lose_end(PackRow const& end);
  Result<void> forget_missing_packs();
  Result<void> take_over(Record const& record, std::int64_t number);
  Result<void> commit_batch();
  Result<void> close_nodes(std::uint8_t level);
  Result<bool> is_whole(sql::Transaction& tx, ChunkRow const& row);

  bucket::Bucket& bucket_;
  sql::Session& session_;
  Writers& writers_;
  std::map<std::int64_t, PackRow> known_;  // and not seen yet
  std::int64_t generation_ = 1;
  std::uint64_t next_sequence_ = 1;
  std::int64_t next_pack_ = 1;
  std::uint64_t records_ = 0;  // taken over
  bool journal_damaged_ = false;
  std::uint64_t lost_chunks_ = 0;
  struct Row {
    ChunkRow chunk;
    bool has_chunk = false;
    std::optional<Placement> placement;
    std::uint64_t sequence = 0;
  };
  std::vector<Row> batch_;
};

Result<void> Recovery::commit_batch() {
  auto tx = TRY(sql::Transaction::begin(session_, sql::Access::write));
  index::Sums sums;
  for (auto const& row : batch_) {
    if (row.has_chunk) TRY(index::save_chunk(tx, sums, row.chunk, index::Verified::yes));
    if (row.placement) TRY(index::save_placement(tx, *row.placement, row.sequence));
  }
  TRY(sums.save(tx));
  // With the rows: the next start reads these records no more, and what is written then must come after them.
  TRY(index::save_number(tx, "sequence", static_cast<std::int64_t>(next_sequence_)));
  batch_.clear();
  return tx.commit();
}

Result<void> Recovery::take_over(Record const& record, std::int64_t number) {
  Row row;
  row.sequence = record.sequence;
  row.placement = record.placement;
  next_sequence_ = std::max(next_sequence_, record.sequence + 1);
  std::array<std::byte, kChunkHeaderBytes> head{};
  if (record.payload_bytes >= head.size()) TRY(bucket_.read(pack_name(number), record.payload_offset, head));
  if (auto const header = decode_chunk_header(head)) {  // else a placement, or bytes that only look like more
    row.has_chunk = true;
    row.chunk = {record.domain,
                 record.id,
                 {number, record.payload_offset, record.payload_bytes, header->level,
                  header->level == 0 ? ChunkState::closed : ChunkState::staged},
                 generation_};
  }
  batch_.push_back(std::move(row));
  ++records_;
  return {};
}

Result<void> Recovery::take_over(bucket::Object const& object, std::int64_t number) {
  auto found = known_.find(number);
  PackRow row = found != known_.end() ? found->second : PackRow{number, 0, false, 0, {}};
  if (found != known_.end()) known_.erase(found);
  if (row.retired) return {};  // nothing in it is needed, nor ever will be
  if (object.size_bytes < row.indexed_bytes) {
    log_error("{} has {} bytes, but the index knows {}: chunks are missing", object.name, object.size_bytes,
              row.indexed_bytes);
    return lose_end({number, object.size_bytes, object.sealed, 0, {}});
  }
  if (row.sealed && object.sealed) return {};
  bool const kept = object.sealed ? TRY(take_over_sealed(object, row)) : TRY(take_over_open(object, row));
  if (!kept) return {};
  auto tx = TRY(sql::Transaction::begin(session_, sql::Access::write));
  TRY(index::save_pack(tx, row));
  if (journal_damaged_) TRY(index::save_number(tx, index::kJournalDamaged, 1));
  return tx.commit();
}

/// A pack ends before its last records, or is not there at all: the chunks behind its end are damaged, so
/// that they are stored again and whom it concerns is told. What is left of it is in the index already. A
/// whole pack that is there again at a later start is read like a new one.
Result<void> Recovery::lose_end(PackRow const& end) {
  auto tx = TRY(sql::Transaction::begin(session_, sql::Access::write));
  auto const rows = TRY(index::live_chunks_of_pack(tx, end.number, kMaxPackRows));
  index::Sums sums;
  for (auto const& row : rows) {
    if (row.location.offset_bytes + row.location.length_bytes <= end.indexed_bytes) continue;
    TRY(index::mark_damaged(tx, sums, row));
    ++lost_chunks_;
  }
  TRY(sums.save(tx));
  TRY(index::save_pack(tx, end));
  return tx.commit();
}

Result<bool> Recovery::take_over_sealed(bucket::Object const& object, PackRow& row) {
  Bytes payload;
  auto const listing =
      TRY(list_records(bucket_, object, object.size_bytes, [&](Record const& record) -> Result<void> {
        if (record.payload_offset <= row.indexed_bytes) return {};
        payload.resize(record.payload_bytes);
        auto read = bucket_.read(object.name, record.payload_offset, payload);
        if (!read && read.error().fault != Fault::corrupt) return read;
        if (read && (payload.empty() || digest::sha256(payload) == record.id)) {
          TRY(take_over(record, row.number));
          return batch_.size() >= kBatchRows ? commit_batch() : Result<void>{};  // it is durable
        }
        log_error("{}: the record at {} is damaged", object.name, record.payload_offset);
        journal_damaged_ = true;
        return {};
      }));
  TRY(commit_batch());
  journal_damaged_ = journal_damaged_ || listing == Listing::in_part;
  if (listing == Listing::in_part) log_error("{}: some of its records cannot be found any more", object.name);
  row.indexed_bytes = object.size_bytes;
  row.sealed = true;
  return true;
}

/// False if there is nothing in it: then it is removed. Its rows wait in memory until its records are
/// durable: a pack that is being written has few enough (StoreOptions::pack_records).
Result<bool> Recovery::take_over_open(bucket::Object const& object, PackRow& row) {
  auto const visit = [&](Record const& record) {
    return record.payload_offset > row.indexed_bytes ? take_over(record, row.number) : Result<void>{};
  };
  auto const known = row.indexed_bytes;
  auto scanned = TRY(scan_pack(bucket_, object.name, {object.size_bytes, 0, known}, visit));
  bool damaged = scanned.valid_bytes < known;
  if (damaged) {  // nothing that the index knows is cut off, and nothing more is written behind it
    log_error("{}: the record at {} is damaged: 'argosyd scrub' writes the pack again", object.name,
              scanned.valid_bytes);
    scanned = TRY(scan_pack(bucket_, object.name, {object.size_bytes, known, known}, visit));
  }
  if (scanned.valid_bytes < object.size_bytes && (known == 0 || scanned.unreadable)) {
    bool const more = TRY(take_over_behind(object, row.number, scanned));
    damaged = damaged || more;
    if (more) scanned.valid_bytes = object.size_bytes;
  }
  if (scanned.valid_bytes < object.size_bytes)
    log_warning("{}: {} bytes behind offset {} are no whole record and are cut off", object.name,
                object.size_bytes - scanned.valid_bytes, scanned.valid_bytes);
  if (scanned.valid_bytes < kPackHeaderBytes) {
    TRY(bucket_.remove(object.name));
    return false;
  }
  auto const durable_bytes = std::exchange(row.indexed_bytes, scanned.valid_bytes);
  auto writer = TRY(PackWriter::reopen(bucket_, object.name, scanned.valid_bytes, durable_bytes,
                                       scanned.records, std::move(scanned.table)));
  TRY(writer->sync());
  TRY(commit_batch());
  if (damaged) return true;
  if (!writers_.adopt(row.number, writer)) {
    TRY(writer->seal());
    row.sealed = true;
  }
  return true;
}

/// Where nothing tells how much was durable, whole records behind one that is not mean damage and no torn
/// tail: nothing is cut off; so do bytes that the disk cannot read, wherever they are. Bytes of a block can
/// look like a record, so a block whose head is whole is not searched, and what is found elsewhere is
/// believed no more than its SHA-256 says: it places nothing and has no sequence.
Result<bool> Recovery::take_over_behind(bucket::Object const& object, std::int64_t number,
                                        ScanResult const& before) {
  auto const visit = [&](Record record) {
    record.placement.reset();
    record.sequence = 0;
    return record.payload_bytes > 0 ? take_over(record, number) : Result<void>{};
  };
  bool found = before.unreadable;
  auto next = TRY(find_record(bucket_, object.name, object.size_bytes, before.resume_bytes));
  while (next) {
    auto scanned = TRY(scan_pack(bucket_, object.name, {object.size_bytes, *next, *next}, visit));
    found = found || scanned.records > 0;
    next =
        TRY(find_record(bucket_, object.name, object.size_bytes, std::max(scanned.valid_bytes, *next + 1)));
  }
  if (!found) return false;
  log_error("{}: the record at {} is damaged: 'argosyd scrub' writes the pack again", object.name,
            before.valid_bytes);
  journal_damaged_ = true;
  return true;
}

/// Packs that the index knows and that are not there: retired ones whose removal a crash cut short, or lost
/// ones.
Result<void> Recovery::forget_missing_packs() {
  for (auto const& [number, row] : known_) {
    if (!row.retired) {
      log_error("{} is missing: {} bytes of chunks with it", pack_name(number), row.live_bytes);
      TRY(lose_end({number, 0, false, 0, {}}));
      continue;
    }
    auto tx = TRY(sql::Transaction::begin(session_, sql::Access::write));
    TRY(index::remove_pack(tx, number));
    TRY(tx.commit());
  }
  return {};
}

Result<bool> Recovery::is_whole(sql::Transaction& tx, ChunkRow const& row) {
  Bytes stored(row.location.length_bytes);
  auto read = bucket_.read(pack_name(row.location.pack), row.location.offset_bytes, stored);
  if (!read && read.error().fault == Fault::unavailable) return std::unexpected(std::move(read).error());
  auto node = read ? decode_node(stored) : Result<NodeView>(std::unexpected(read.error()));
  if (!node) return false;
  for (auto const& id : node->ids) {
    auto child = TRY(index::find_chunk(tx, row.domain, id));
    if (!child || child->location.state != ChunkState::closed) return false;
  }
  return true;
}

Result<void> Recovery::close_nodes(std::uint8_t level) {
  Domain after_domain = 0;
  ChunkId after_id;
  while (true) {
    auto tx = TRY(sql::Transaction::begin(session_, sql::Access::write));
    auto rows = TRY(index::staged_nodes(tx, level, after_domain, after_id, 1'000));
    for (auto const& row : rows) {
      bool whole = TRY(is_whole(tx, row));
      if (whole) TRY(index::close_chunk(tx, row.domain, row.id));
      after_domain = row.domain;
      after_id = row.id;
    }
    TRY(tx.commit());
    if (rows.empty()) return {};
  }
}

Result<Recovered> Recovery::run() {
  Recovered recovered;
  TRY(index::create_schema(session_));
  {
    auto tx = TRY(sql::Transaction::begin(session_, sql::Access::read));
    auto rows = TRY(index::packs(tx, 0, index::kMaxPacks));
    for (auto const& row : rows) known_[row.number] = row;
    generation_ = TRY(index::number(tx, "generation", 1));
    next_sequence_ = static_cast<std::uint64_t>(TRY(index::number(tx, "sequence", 1)));
    next_pack_ = TRY(index::number(tx, index::kNextPack, 1));
  }
  auto objects = TRY(bucket_.list());
  if (!known_.empty()) next_pack_ = std::max(next_pack_, known_.rbegin()->first + 1);
  bool const rebuilding = known_.empty() && !objects.empty();
  if (rebuilding) log_warning("the index is new but there are {} packs: reading them", objects.size());
  for (auto const& object : objects) {
    auto number = pack_number(object.name);
    if (!number) continue;
    next_pack_ = std::max(next_pack_, *number + 1);
    TRY(take_over(object, *number));
  }
  TRY(forget_missing_packs());
  for (std::uint8_t level = 1; level <= kMaxLevel; ++level) TRY(close_nodes(level));
  if (records_ > 0) log_info("the index took over {} records from the packs", records_);
  writers_.start(next_pack_, next_sequence_);
  recovered.generation = generation_;
  recovered.lost_chunks = lost_chunks_;
  auto tx = TRY(sql::Transaction::begin(session_, sql::Access::write));
  TRY(index::save_number(tx, index::kNextPack, next_pack_));
  recovered.journal_damaged = TRY(index::number(tx, index::kJournalDamaged, 0)) == 1;
  TRY(tx.commit());
  return recovered;
}

}  // namespace

Result<Recovered> recover(bucket::Bucket& bucket, sql::Pool& sessions, Writers& writers) {
  auto session = TRY(sessions.take());
  return Recovery(bucket, *session, writers).run();
}

}  // namespace argosy::store
