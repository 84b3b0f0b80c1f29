// store/chunk.h - the stored form of one block or one manifest node, version 1. Format:
// docs/formats/chunk.md.
#pragma once
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "digest/sha256.h"

namespace argosy::store {

/// SHA-256 of a chunk's stored bytes.
using ChunkId = digest::Digest;

/// The content within which equal blocks are stored once: the number of the account that owns it.
using Domain = std::uint64_t;

enum class Kind : std::uint8_t { block = 1, node = 2 };
enum class Codec : std::uint8_t { raw = 0, zstd = 1 };
enum class Sealing : std::uint8_t { none = 0, aes_256_gcm = 1 };

inline constexpr std::uint8_t kChunkVersion = 1;
inline constexpr std::size_t kChunkHeaderBytes = 12;
/// Where the header says how the body is sealed: a sealed block's header is the unsealed one's but for this.
inline constexpr std::size_t kSealingOffset = 3;
inline constexpr std::uint32_t kBlockBytes = 524'288;
/// Nothing stored is larger: a raw block, its header, a tag of AES-GCM, and room to spare.
inline constexpr std::uint32_t kMaxStoredBytes = kBlockBytes + 4'096;

struct ChunkHeader {
  Kind kind = Kind::block;
  Codec codec = Codec::raw;
  Sealing sealing = Sealing::none;
  std::uint32_t plain_bytes =
      0;                   ///< length before the codec: 524,288 for a block, the body's length for a node
  std::uint8_t level = 0;  ///< 0 for a block, 1 for a node of blocks, and so on up
};

std::array<std::byte, kChunkHeaderBytes> encode_chunk_header(ChunkHeader const& header);
/// Checks everything that can be checked without the body. Fails with `corrupt`.
Result<ChunkHeader> decode_chunk_header(ByteView stored);

}  // namespace argosy::store
