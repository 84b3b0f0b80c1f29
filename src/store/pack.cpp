// store/pack.cpp - see pack.h.
#include "store/pack.h"

#include <array>

#include "base/assert.h"
#include "base/log.h"

namespace argosy::store {
namespace {

constexpr std::uint32_t kRecordMagic = 0x52475241;  // "ARGR"
constexpr std::string_view kPackMagic = "ARGOPACK";

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
  std::uint16_t tag_bytes;
  std::uint32_t payload_bytes;
};

/// Nothing if these bytes do not begin a record.
std::optional<Head> decode_head(ByteView head) {
  if (get_le<std::uint32_t>(head.data()) != kRecordMagic || head[4] != std::byte{1}) return std::nullopt;
  auto kind = std::to_integer<std::uint8_t>(head[5]);
  Head out{static_cast<RecordKind>(kind), get_le<std::uint16_t>(head.data() + 6),
           get_le<std::uint32_t>(head.data() + 8)};
  bool fits = kind >= 1 && kind <= 3 && out.tag_bytes <= kMaxTagBytes &&
              (kind == 3 || out.payload_bytes <= kMaxStoredBytes);
  return fits ? std::optional(out) : std::nullopt;
}

bool checksum_holds(ByteView head, ByteView tag) {
  Bytes covered(head.begin(), head.begin() + 64);
  covered.insert(covered.end(), tag.begin(), tag.end());
  return get_le<std::uint32_t>(head.data() + 64) == digest::crc32c(covered);
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
                                                       std::uint64_t size_bytes, std::uint32_t records,
                                                       Bytes table) {
  ARGOSY_ASSERT(size_bytes >= kPackHeaderBytes);
  auto writer = TRY(bucket.reopen(name, size_bytes));
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
  Record record;
  record.id = digest::sha256(table_);
  auto head = encode_head(RecordKind::table, record, {}, static_cast<std::uint32_t>(table_.size()));
  std::array<ByteView, 2> parts{ByteView(head), ByteView(table_)};
  TRY(writer_->append(parts));
  size_ += head.size() + table_.size();
  return writer_->seal();
}

Result<ScanResult> scan_pack(bucket::Bucket& bucket, std::string const& name, std::uint64_t size_bytes,
                             std::uint64_t verify_from_bytes, TornTail torn,
                             std::function<Result<void>(Record const&)> const& visit) {
  ScanResult result;
  if (size_bytes < kPackHeaderBytes) return result;
  std::array<std::byte, kPackHeaderBytes> pack_head{};
  TRY(bucket.read(name, 0, pack_head));
  if (as_text(ByteView(pack_head).first(8)) != kPackMagic) return result;
  if (get_le<std::uint32_t>(pack_head.data() + 8) != kPackVersion)
    return fail(Fault::corrupt, name + ": a pack of a version that this program does not know");
  result.valid_bytes = kPackHeaderBytes;
  Bytes payload;
  while (size_bytes - result.valid_bytes >= kRecordHeaderBytes) {
    std::array<std::byte, kRecordHeaderBytes + kMaxTagBytes> head{};
    auto available = std::min<std::uint64_t>(head.size(), size_bytes - result.valid_bytes);
    auto read_head = std::span(head).first(static_cast<std::size_t>(available));
    TRY(bucket.read(name, result.valid_bytes, read_head));
    auto parsed = decode_head(read_head);
    if (!parsed || kRecordHeaderBytes + parsed->tag_bytes > available) break;
    auto tag = ByteView(read_head).subspan(kRecordHeaderBytes, parsed->tag_bytes);
    std::uint64_t payload_offset = result.valid_bytes + kRecordHeaderBytes + parsed->tag_bytes;
    if (!checksum_holds(read_head, tag) || parsed->payload_bytes > size_bytes - payload_offset) break;
    Record record;
    record.domain = get_le<std::uint64_t>(head.data() + 16);
    record.id = ChunkId::copy_of(ByteView(head).subspan(24, 32));
    record.sequence = get_le<std::uint64_t>(head.data() + 56);
    record.payload_offset = payload_offset;
    record.payload_bytes = parsed->payload_bytes;
    if (parsed->payload_bytes > 0 && payload_offset >= verify_from_bytes) {
      payload.resize(parsed->payload_bytes);
      TRY(bucket.read(name, payload_offset, payload));
      if (digest::sha256(payload) != record.id) {
        if (torn == TornTail::possible) break;
        log_error("{}: the record at {} is damaged; what follows it is read all the same", name,
                  result.valid_bytes);
        result.valid_bytes = payload_offset + parsed->payload_bytes;
        continue;
      }
    }
    if (parsed->kind != RecordKind::table) {
      record.placement = TRY(decode_tag(tag));
      TRY(visit(record));
      auto whole = ByteView(read_head).first(kRecordHeaderBytes + parsed->tag_bytes);
      result.table.insert(result.table.end(), whole.begin(), whole.end());
      ++result.records;
    }
    result.valid_bytes = payload_offset + parsed->payload_bytes;
  }
  return result;
}

}  // namespace argosy::store
