// store/node.h - a manifest node as storage sees it: which children it has and their ids. Format:
// docs/formats/manifest.md.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "store/chunk.h"

namespace argosy::store {

/// Children of one node.
inline constexpr std::size_t kFanout = 256;
/// Enough for 256^4 blocks of 512 KiB, far beyond 64 TiB.
inline constexpr std::uint8_t kMaxLevel = 4;
/// Body: count of blocks (8), bitmap (32), then per child an id, a digest and perhaps a key; a tag if sealed.
inline constexpr std::size_t kNodeFixedBytes = 8 + kFanout / 8;
inline constexpr std::uint32_t kMaxNodeBytes = kNodeFixedBytes + kFanout * 96 + 16;

/// What is in the clear. `ids` and `slots` go together, slots ascending; `sealed` is the rest, which only the
/// content layer understands.
struct NodeView {
  std::uint8_t level = 0;
  Sealing sealing = Sealing::none;
  std::uint64_t blocks = 0;  ///< blocks below this node that are not holes
  std::vector<std::uint8_t> slots;
  std::vector<ChunkId> ids;
  ByteView sealed;  ///< into the bytes that were decoded

  /// Null if there is a hole.
  ChunkId const* child(std::size_t slot) const;
};

Result<NodeView> decode_node(ByteView stored);
/// The stored bytes up to the sealed part, which the caller appends. `plain_bytes` of the header covers
/// `sealed_bytes`.
Bytes encode_node_clear_part(NodeView const& node, std::size_t sealed_bytes);

/// Whether a root of that height reaches the chunk at a level (0: blocks) and position.
constexpr bool is_below(std::uint8_t height, std::uint8_t level, std::uint64_t position) {
  for (auto at = level; at < height; ++at) position /= kFanout;
  return level <= height && position == 0;
}
/// The slot, in the node of level `at` above it, that leads to the chunk at that lower level and position.
constexpr std::size_t slot_towards(std::uint8_t at, std::uint8_t level, std::uint64_t position) {
  for (auto below = level + 1; below < at; ++below) position /= kFanout;
  return position % kFanout;
}

}  // namespace argosy::store
