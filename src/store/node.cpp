// store/node.cpp - see node.h.
#include "store/node.h"

#include <algorithm>

#include "base/assert.h"

namespace argosy::store {

ChunkId const* NodeView::child(std::size_t slot) const {
  auto const found = std::ranges::lower_bound(slots, slot);
  if (found == slots.end() || *found != slot) return nullptr;
  return &ids[static_cast<std::size_t>(found - slots.begin())];
}

Result<NodeView> decode_node(ByteView stored) {
  auto header = TRY(decode_chunk_header(stored));
  if (header.kind != Kind::node) return fail(Fault::corrupt, "a block where a manifest node should be");
  auto body = stored.subspan(kChunkHeaderBytes);
  if (body.size() != header.plain_bytes || body.size() < kNodeFixedBytes)
    return fail(Fault::corrupt, "a manifest node of the wrong length");
  NodeView node;
  node.level = header.level;
  node.sealing = header.sealing;
  node.blocks = get_le<std::uint64_t>(body.data());
  for (std::size_t slot = 0; slot < kFanout; ++slot) {
    auto byte = std::to_integer<unsigned>(body[8 + slot / 8]);
    if (((byte >> (slot % 8)) & 1U) != 0) node.slots.push_back(static_cast<std::uint8_t>(slot));
  }
  auto rest = body.subspan(kNodeFixedBytes);
  if (node.slots.empty() || rest.size() < node.slots.size() * 32)
    return fail(Fault::corrupt, "a manifest node that names children and has none");
  for (std::size_t i = 0; i < node.slots.size(); ++i)
    node.ids.push_back(ChunkId::copy_of(rest.subspan(i * 32, 32)));
  node.sealed = rest.subspan(node.slots.size() * 32);
  return node;
}

Bytes encode_node_clear_part(NodeView const& node, std::size_t sealed_bytes) {
  ARGOSY_ASSERT(!node.slots.empty() && node.slots.size() == node.ids.size());
  ChunkHeader header;
  header.kind = Kind::node;
  header.level = node.level;
  header.sealing = node.sealing;
  header.plain_bytes = static_cast<std::uint32_t>(kNodeFixedBytes + node.ids.size() * 32 + sealed_bytes);
  auto head = encode_chunk_header(header);
  Bytes out(head.begin(), head.end());
  out.reserve(kChunkHeaderBytes + header.plain_bytes);
  put_le(out, node.blocks);
  std::array<std::byte, kFanout / 8> bitmap{};
  for (auto slot : node.slots) bitmap[slot / 8] |= static_cast<std::byte>(1U << (slot % 8U));
  out.insert(out.end(), bitmap.begin(), bitmap.end());
  for (auto const& id : node.ids) out.insert(out.end(), id.bytes.begin(), id.bytes.end());
  return out;
}

}  // namespace argosy::store
