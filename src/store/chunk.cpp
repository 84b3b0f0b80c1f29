// store/chunk.cpp - see chunk.h.
#include "store/chunk.h"

#include "store/node.h"

namespace argosy::store {

std::array<std::byte, kChunkHeaderBytes> encode_chunk_header(ChunkHeader const& header) {
  std::array<std::byte, kChunkHeaderBytes> out{};
  out[0] = std::byte{kChunkVersion};
  out[1] = static_cast<std::byte>(header.kind);
  out[2] = static_cast<std::byte>(header.codec);
  out[3] = static_cast<std::byte>(header.sealing);
  for (std::size_t i = 0; i < 4; ++i)
    out[4 + i] = static_cast<std::byte>((header.plain_bytes >> (8 * i)) & 0xffU);
  out[8] = std::byte{header.level};
  return out;
}

Result<ChunkHeader> decode_chunk_header(ByteView stored) {
  if (stored.size() < kChunkHeaderBytes || stored.size() > kMaxStoredBytes)
    return fail(Fault::corrupt, "a chunk of an impossible length");
  if (stored[0] != std::byte{kChunkVersion}) return fail(Fault::corrupt, "a chunk of an unknown version");
  ChunkHeader header;
  auto kind = std::to_integer<std::uint8_t>(stored[1]);
  auto codec = std::to_integer<std::uint8_t>(stored[2]);
  auto sealing = std::to_integer<std::uint8_t>(stored[3]);
  if (kind < 1 || kind > 2 || codec > 1 || sealing > 1)
    return fail(Fault::corrupt, "a chunk of an unknown kind");
  header.kind = static_cast<Kind>(kind);
  header.codec = static_cast<Codec>(codec);
  header.sealing = static_cast<Sealing>(sealing);
  header.plain_bytes = get_le<std::uint32_t>(stored.data() + 4);
  header.level = std::to_integer<std::uint8_t>(stored[8]);
  if (stored[9] != std::byte{0} || stored[10] != std::byte{0} || stored[11] != std::byte{0})
    return fail(Fault::corrupt, "a chunk with unknown flags");
  bool is_node = header.kind == Kind::node;
  if (is_node != (header.level > 0) || header.level > kMaxLevel)
    return fail(Fault::corrupt, "a chunk of an impossible level");
  if (!is_node && header.plain_bytes != kBlockBytes)
    return fail(Fault::corrupt, "a block that is not 512 KiB");
  if (is_node && (header.codec != Codec::raw || header.plain_bytes > kMaxNodeBytes))
    return fail(Fault::corrupt, "a manifest node of an impossible form");
  return header;
}

}  // namespace argosy::store
