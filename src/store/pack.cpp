// store/pack.cpp - see pack.h.
#include "store/pack.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/log.h"

namespace argosy::store {
namespace {

constexpr std::uint32_t kRecordMagic = 0x52475241;  // "ARGR"
constexpr std::string_view kPackMagic = "ARGOPACK";
/// Bytes that are looked through at a time for the next record.
constexpr std::uint64_t kSearchBytes = 1U << 20U;
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::string_view kTrailerMagic = "ARGOTABL";

enum class RecordKind : std::uint8_t { chunk = 1, placement = 2, table = 3 };

Bytes encode_tag(std::optional<Placement> const& placement) {
  Bytes tag;
  if (!placement) return tag;
  put_le(tag, static_cast<std::uint16_t>(placement->upload.size()));
  auto upload = as_bytes(placement->upload);
  tag.insert(tag.end(), upload.begin(), upload.end());
  put_le(tag, placement->block);
  put_le(tag, static_cast<std::uint16_t>(placement->reference.size()));
  tag.insert(tag.end(), placement->reference.begin(), placement->reference.end());
  ARGOSY_ASSERT(tag.size() <= kMaxTagBytes);
  return tag;
}

Result<std::optional<Placement>> decode_tag(ByteView tag) {
  if (tag.empty()) return std::nullopt;
  auto broken = [] { return fail(Fault::corrupt, "a record with a broken tag"); };
  if (tag.size() < 2) return broken();
  std::size_t upload_bytes = get_le<std::uint16_t>(tag.data());
  if (tag.size() < 2 + upload_bytes + 8 + 2) return broken();
  Placement placement;
  placement.upload = as_text(tag.subspan(2, upload_bytes));
  placement.block = get_le<std::uint64_t>(tag.data() + 2 + upload_bytes);
  std::size_t reference_bytes = get_le<std::uint16_t>(tag.data() + 2 + upload_bytes + 8);
  auto rest = tag.subspan(2 + upload_bytes + 10);
  if (rest.size() != reference_bytes) return broken();
  placement.reference = to_bytes(rest);
  return placement;
}

Bytes encode_head(RecordKind kind, Record const& record, ByteView tag, std::uint32_t payload_bytes) {
  Bytes head;
  head.reserve(kRecordHeaderBytes + tag.size());
  put_le(head, kRecordMagic);
  head.push_back(std::byte{1});
  head.push_back(static_cast<std::byte>(kind));
  put_le(head, static_cast<std::uint16_t>(tag.size()));
  put_le(head, payload_bytes);
  put_le(head, std::uint32_t{0});
  put_le(head, record.domain);
  head.insert(head.end(), record.id.bytes.begin(), record.id.bytes.end());
  put_le(head, record.sequence);
  Bytes covered = head;
  covered.insert(covered.end(), tag.begin(), tag.end());
  put_le(head, digest::crc32c(covered));
  put_le(head, std::uint32_t{0});
  head.insert(head.end(), tag.begin(), tag.end());
  return head;
}

struct Head {
  RecordKind kind;
  Record record;      ///< payload_offset is the caller's to say
  std::size_t bytes;  ///< with the tag
};

bool checksum_holds(ByteView head, ByteView tag) {
  Bytes covered(head.begin(), head.begin() + 64);
  covered.insert(covered.end(), tag.begin(), tag.end());
  return get_le<std::uint32_t>(head.data() + 64) == digest::crc32c(covered);
}

/// Nothing if these bytes do not begin with a whole head and tag, or with one that makes no sense.
std::optional<Head> decode_head(ByteView bytes) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  if (get_le<std::uint32_t>(bytes.data()) != kRecordMagic || bytes[4] != std::byte{1}) return std::nullopt;
  auto const kind = std::to_integer<std::uint8_t>(bytes[5]);
  std::size_t const tag_bytes = get_le<std::uint16_t>(bytes.data() + 6);
  auto const payload_bytes = get_le<std::uint32_t>(bytes.data() + 8);
  bool const fits =
      kind >= 1 && kind <= 3 && tag_bytes <= kMaxTagBytes && (kind == 3 || payload_bytes <= kMaxStoredBytes);
  if (!fits || bytes.size() < kRecordHeaderBytes + tag_bytes) return std::nullopt;
  auto const tag = bytes.subspan(kRecordHeaderBytes, tag_bytes);
  if (!checksum_holds(bytes, tag)) return std::nullopt;
  Head head{static_cast<RecordKind>(kind), {}, kRecordHeaderBytes + tag_bytes};
  head.record.domain = get_le<std::uint64_t>(bytes.data() + 16);
  head.record.id = ChunkId::copy_of(bytes.subspan(24, 32));
  head.record.sequence = get_le<std::uint64_t>(bytes.data() + 56);
  head.record.payload_bytes = payload_bytes;
  if (head.kind == RecordKind::table) return head;
  auto placement = decode_tag(tag);
  if (!placement) return std::nullopt;
  head.record.placement = *std::move(placement);
  return head;
}

/// False where the disk cannot read it: damage like any other. Else the failure, if it is one.
template <class T>
Result<bool> was_readable(Result<T> const& read) {
  if (!read && read.error().fault != Fault::corrupt) return std::unexpected(read.error());
  return read.has_value();
}

/// False unless the pack begins as one. Fails with `invalid` if its version is unknown.
Result<bool> check_pack_header(bucket::Bucket& bucket, std::string const& name, std::uint64_t size_bytes) {
  if (size_bytes < kPackHeaderBytes) return false;
  std::array<std::byte, kPackHeaderBytes> head{};
  TRY(bucket.read(name, 0, head));
  if (as_text(ByteView(head).first(8)) != kPackMagic) return false;
  if (get_le<std::uint32_t>(head.data() + 8) != kPackVersion)
    return fail(Fault::invalid, name + ": a pack of a version that this program does not know");
  return true;
}

/// The head at an offset of a pack; nothing if it is not whole. Its payload may end behind the pack.
Result<std::optional<Head>> read_head(bucket::Bucket& bucket, std::string const& name,
                                      std::uint64_t size_bytes, std::uint64_t offset, Bytes& buffer) {
  buffer.resize(std::min<std::uint64_t>(kRecordHeaderBytes + kMaxTagBytes, size_bytes - offset));
  TRY(bucket.read(name, offset, buffer));
  auto head = decode_head(buffer);
  if (head) head->record.payload_offset = offset + head->bytes;
  return head;
}

std::uint64_t end_of(Record const& record) { return record.payload_offset + record.payload_bytes; }

/// The same of a record that lies within the pack.
Result<std::optional<Head>> read_record(bucket::Bucket& bucket, std::string const& name,
                                        std::uint64_t size_bytes, std::uint64_t offset, Bytes& buffer) {
  auto head = TRY(read_head(bucket, name, size_bytes, offset, buffer));
  return head && end_of(head->record) <= size_bytes ? head : std::nullopt;
}

/// The table of contents of a sealed pack; nothing if it is not whole.
Result<std::optional<Bytes>> read_table(bucket::Bucket& bucket, std::string const& name,
                                        std::uint64_t size_bytes) {
  if (size_bytes < kPackHeaderBytes + kRecordHeaderBytes + kTrailerBytes) return std::nullopt;
  std::array<std::byte, kTrailerBytes> trailer{};
  TRY(bucket.read(name, size_bytes - kTrailerBytes, trailer));
  auto const at = get_le<std::uint64_t>(trailer.data() + 8);
  bool const whole =
      as_text(ByteView(trailer).first(8)) == kTrailerMagic &&
      get_le<std::uint32_t>(trailer.data() + 16) == digest::crc32c(ByteView(trailer).first(16));
  if (!whole || at > size_bytes - kTrailerBytes - kRecordHeaderBytes) return std::nullopt;
  Bytes buffer;
  auto head = TRY(read_record(bucket, name, size_bytes - kTrailerBytes, at, buffer));
  if (!head || head->kind != RecordKind::table) return std::nullopt;
  Bytes table(head->record.payload_bytes);
  TRY(bucket.read(name, head->record.payload_offset, table));
  if (digest::sha256(table) != head->record.id) return std::nullopt;
  return table;
}

}  // namespace

Result<std::unique_ptr<PackWriter>> PackWriter::create(bucket::Bucket& bucket, std::string const& name) {
  auto writer = TRY(bucket.create(name));
  Bytes head = to_bytes(as_bytes(kPackMagic));
  put_le(head, kPackVersion);
  put_le(head, std::uint32_t{0});
  if (auto begun = writer->append(head); !begun) {
    (void)bucket.remove(name);  // a start would find it without a head, and remove it then
    return std::unexpected(std::move(begun).error());
  }
  std::unique_ptr<PackWriter> pack(new PackWriter(name, std::move(writer)));
  pack->size_ = kPackHeaderBytes;
  return pack;
}

Result<std::unique_ptr<PackWriter>> PackWriter::reopen(bucket::Bucket& bucket, std::string const& name,
                                                       std::uint64_t size_bytes, std::uint64_t durable_bytes,
                                                       std::uint32_t records, Bytes table) {
  ARGOSY_ASSERT(size_bytes >= kPackHeaderBytes);
  auto writer = TRY(bucket.reopen(name, size_bytes, durable_bytes));
  std::unique_ptr<PackWriter> pack(new PackWriter(name, std::move(writer)));
  pack->size_ = size_bytes;
  pack->records_ = records;
  pack->table_ = std::move(table);
  return pack;
}

Result<void> PackWriter::append(std::span<Record> records, std::span<ByteView const> payloads) {
  ARGOSY_ASSERT(records.size() == payloads.size());
  std::vector<Bytes> heads;
  heads.reserve(records.size());
  std::vector<ByteView> parts;
  parts.reserve(records.size() * 2);
  std::uint64_t end = size_;
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto kind = payloads[i].empty() ? RecordKind::placement : RecordKind::chunk;
    auto tag = encode_tag(records[i].placement);
    heads.push_back(encode_head(kind, records[i], tag, static_cast<std::uint32_t>(payloads[i].size())));
    parts.emplace_back(heads.back());
    parts.push_back(payloads[i]);
    records[i].payload_offset = end + heads.back().size();
    records[i].payload_bytes = static_cast<std::uint32_t>(payloads[i].size());
    end = records[i].payload_offset + payloads[i].size();
  }
  auto start = TRY(writer_->append(parts));
  ARGOSY_ASSERT(start == size_);
  size_ = end;
  records_ += static_cast<std::uint32_t>(records.size());
  for (auto const& head : heads) table_.insert(table_.end(), head.begin(), head.end());
  return {};
}

Result<void> PackWriter::sync() { return writer_->sync(); }

Result<void> PackWriter::seal() {
  if (!table_written_) TRY(write_table());
  return writer_->seal();
}

Result<void> PackWriter::write_table() {
  Record record;
  record.id = digest::sha256(table_);
  auto head = encode_head(RecordKind::table, record, {}, static_cast<std::uint32_t>(table_.size()));
  Bytes trailer = to_bytes(as_bytes(kTrailerMagic));
  put_le(trailer, size_);
  put_le(trailer, digest::crc32c(trailer));
  trailer.resize(kTrailerBytes);
  std::array<ByteView, 3> parts{ByteView(head), ByteView(table_), ByteView(trailer)};
  TRY(writer_->append(parts));
  size_ += head.size() + table_.size() + trailer.size();
  table_written_ = true;
  return {};
}

Result<ScanResult> scan_pack(bucket::Bucket& bucket, std::string const& name, ScanRange const& range,
                             VisitRecord const& visit) {
  auto const size_bytes = range.size_bytes;
  ScanResult result;
  auto const begins = range.from_bytes > 0 ? true : check_pack_header(bucket, name, size_bytes);
  result.unreadable = !TRY(was_readable(begins));
  if (!begins || !*begins) return result;
  result.valid_bytes = std::max<std::uint64_t>(range.from_bytes, kPackHeaderBytes);
  Bytes buffer;
  Bytes payload;
  while (result.valid_bytes < size_bytes) {
    auto const read = read_head(bucket, name, size_bytes, result.valid_bytes, buffer);
    result.unreadable = !TRY(was_readable(read));
    auto const head = read ? *read : std::nullopt;
    result.resume_bytes = head ? end_of(head->record) : result.valid_bytes + 1;
    if (!head || result.resume_bytes > size_bytes) break;
    auto const& record = head->record;
    if (record.payload_bytes > 0 && record.payload_offset >= range.verify_from_bytes) {
      payload.resize(record.payload_bytes);
      result.unreadable = !TRY(was_readable(bucket.read(name, record.payload_offset, payload)));
      if (result.unreadable || digest::sha256(payload) != record.id) break;
    }
    if (head->kind != RecordKind::table) TRY(visit(record));
    result.table.insert(result.table.end(), buffer.begin(),
                        buffer.begin() + static_cast<std::ptrdiff_t>(head->bytes));
    ++result.records;
    result.valid_bytes = result.resume_bytes;
  }
  return result;
}

Result<std::optional<std::uint64_t>> find_record(bucket::Bucket& bucket, std::string const& name,
                                                 std::uint64_t size_bytes, std::uint64_t from_bytes) {
  Bytes magic;
  put_le(magic, kRecordMagic);
  Bytes window;
  Bytes buffer;
  auto window_bytes = kSearchBytes;
  while (from_bytes + kRecordHeaderBytes <= size_bytes) {
    window.resize(std::min(window_bytes, size_bytes - from_bytes));
    bool const readable = TRY(was_readable(bucket.read(name, from_bytes, window)));
    if (!readable) {  // from here on by sectors, without those that cannot be read
      if (window_bytes == kSectorBytes) from_bytes += kSectorBytes;
      window_bytes = kSectorBytes;
      continue;
    }
    for (auto at = std::ranges::search(window, magic).begin(); at != window.end();
         at = std::search(at + 1, window.end(), magic.begin(), magic.end())) {
      auto const offset = from_bytes + static_cast<std::uint64_t>(at - window.begin());
      auto const head = read_record(bucket, name, size_bytes, offset, buffer);
      bool const whole = TRY(was_readable(head)) && head->has_value();
      if (whole) return offset;
    }
    from_bytes += window.size() - magic.size() + 1;  // one may lie across the edge
  }
  return std::nullopt;
}

Result<Listing> list_records(bucket::Bucket& bucket, bucket::Object const& object,
                             std::uint64_t written_bytes, VisitRecord const& visit) {
  auto const& name = object.name;
  auto const size_bytes = object.sealed ? object.size_bytes : written_bytes;
  std::optional<Bytes> table;
  if (object.sealed) {
    auto read = read_table(bucket, name, size_bytes);
    bool const readable = TRY(was_readable(read));
    if (readable) table = *std::move(read);
  }
  std::uint64_t offset = kPackHeaderBytes;
  for (ByteView rest = table ? ByteView(*table) : ByteView(); !rest.empty();) {
    auto head = decode_head(rest);
    if (!head) return Listing::in_part;
    head->record.payload_offset = offset + head->bytes;
    if (end_of(head->record) > size_bytes) return Listing::in_part;
    if (head->kind != RecordKind::table) TRY(visit(head->record));
    offset = end_of(head->record);
    rest = rest.subspan(head->bytes);
  }
  if (table) return Listing::by_table;
  if (object.sealed)
    log_error("{}: the table of contents is damaged; its records are looked for one by one", name);
  auto const begins = check_pack_header(bucket, name, size_bytes);
  bool const is_pack = TRY(was_readable(begins)) && *begins;
  if (!is_pack) return Listing::in_part;
  Bytes buffer;
  while (offset < size_bytes) {
    auto const found = read_record(bucket, name, size_bytes, offset, buffer);
    bool const readable = TRY(was_readable(found));
    auto const head = readable ? *found : std::nullopt;
    if (!head) return Listing::in_part;
    if (head->kind == RecordKind::table && object.sealed) return Listing::by_heads;
    if (head->kind != RecordKind::table) TRY(visit(head->record));
    offset = end_of(head->record);
  }
  return Listing::by_heads;
}

}  // namespace argosy::store
