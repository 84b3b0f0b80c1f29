// tests/fuzz/pack.cpp - packs: scanned by themselves, and taken over by a store that opens on them.
#include "store/pack.h"

#include "fuzz/fuzz.h"
#include "store/store.h"
#include "store/writers.h"

namespace argosy::fuzz {
namespace {

std::string const kName = store::pack_name(1);

/// Puts right what no mutation would hit: the checksums of the heads and, if `ids_too`, the ids of the
/// payloads.
void repair(Bytes& pack, bool ids_too) {
  std::size_t at = store::kPackHeaderBytes;
  while (at + store::kRecordHeaderBytes <= pack.size()) {
    auto* head = pack.data() + at;
    std::size_t const tag_bytes = get_le<std::uint16_t>(head + 6);
    std::size_t const payload_bytes = get_le<std::uint32_t>(head + 8);
    auto const payload = at + store::kRecordHeaderBytes + tag_bytes;
    if (payload > pack.size() || payload_bytes > pack.size() - payload) return;
    if (ids_too && payload_bytes > 0) {
      auto id = digest::sha256(ByteView(pack).subspan(payload, payload_bytes));
      std::memcpy(head + 24, id.bytes.data(), id.bytes.size());
    }
    Bytes covered(head, head + 64);
    covered.insert(covered.end(), head + store::kRecordHeaderBytes,
                   head + store::kRecordHeaderBytes + tag_bytes);
    auto const checksum = digest::crc32c(covered);
    for (std::size_t i = 0; i < 4; ++i) head[64 + i] = static_cast<std::byte>((checksum >> (8 * i)) & 0xffU);
    at = payload + payload_bytes;
  }
}

std::unique_ptr<bucket::Bucket> bucket_of(ByteView pack, bool sealed) {
  auto bucket = bucket::open_memory();
  auto writer = bucket->create(kName);
  ARGOSY_ASSERT(writer && (*writer)->append(pack));
  if (sealed) ARGOSY_ASSERT((*writer)->seal());
  return bucket;
}

/// Records lie one behind the other within the pack.
class Records {
 public:
  explicit Records(std::uint64_t pack_bytes) : pack_bytes_(pack_bytes) {}
  store::VisitRecord visit() {
    return [this](store::Record const& record) -> Result<void> {
      ARGOSY_ASSERT(record.payload_offset >= end_ + store::kRecordHeaderBytes);
      end_ = record.payload_offset + record.payload_bytes;
      ARGOSY_ASSERT(end_ <= pack_bytes_);
      list.push_back(record);
      return {};
    };
  }
  std::vector<store::Record> list;

 private:
  std::uint64_t const pack_bytes_;
  std::uint64_t end_ = store::kPackHeaderBytes;
};

/// What a scan lets through is what its id says.
std::vector<store::Record> scan(ByteView pack) {
  auto bucket = bucket_of(pack, false);
  Records records(pack.size());
  auto scanned = store::scan_pack(*bucket, kName, {pack.size(), 0, 0}, records.visit());
  check_error(scanned);
  if (scanned) ARGOSY_ASSERT(scanned->valid_bytes <= pack.size() && scanned->records >= records.list.size());
  for (auto const& record : records.list)
    if (record.payload_bytes > 0)
      ARGOSY_ASSERT(digest::sha256(pack.subspan(record.payload_offset, record.payload_bytes)) == record.id);
  for (std::uint64_t from = 0; from < pack.size();) {  // where another whole record begins, if any
    auto found = store::find_record(*bucket, kName, pack.size(), from);
    check_error(found);
    if (!found || !*found) break;
    ARGOSY_ASSERT(**found >= from && **found < pack.size());
    from = **found + 1;
  }
  return records.list;
}

std::vector<store::Record> list(ByteView pack) {
  auto bucket = bucket_of(pack, true);
  Records records(pack.size());
  check_error(store::list_records(*bucket, {kName, pack.size(), true}, pack.size(), records.visit()));
  return records.list;
}

/// A store opens on the pack, twice: what it says is here can be read and is what its id says.
void open_store(ByteView pack, bool sealed, std::vector<store::Record> const& records) {
  auto bucket = bucket_of(pack, sealed);
  sql::Pool index([] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1);
  for (int times = 0; times < 2; ++times) {
    auto store = store::Store::open(*bucket, index, {});
    check_error(store);
    if (!store) return;
    for (auto const& record : records) {
      if (record.placement) check_error((*store)->placements(record.placement->upload, 0, 10));
      if (record.payload_bytes == 0) continue;
      auto stored = (*store)->get(record.domain, record.id);
      check_error(stored);
      if (stored) ARGOSY_ASSERT(digest::sha256(*stored) == record.id);
      check_error((*store)->contains(record.domain, record.id));
    }
    check_error((*store)->flush());
  }
}

}  // namespace

void try_input(ByteView bytes) {
  Input input(bytes);
  auto const how = input.byte();
  auto pack = to_bytes(input.rest());
  if ((how & 1U) != 0) repair(pack, (how & 2U) != 0);
  bool const sealed = (how & 4U) != 0;
  auto const records = sealed ? list(pack) : scan(pack);
  if (records.size() <= 64) open_store(pack, sealed, records);
}

}  // namespace argosy::fuzz
