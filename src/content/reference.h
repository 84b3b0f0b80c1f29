// content/reference.h - (id, digest): one reference to a root is the whole content of a disk. Format:
// docs/formats/manifest.md.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "store/node.h"

namespace argosy::content {

using digest::Digest;
using store::ChunkId;
using store::kBlockBytes;
using store::kFanout;

struct Reference {
  ChunkId id;     ///< of the stored bytes
  Digest digest;  ///< of the plaintext: a block's SHA-256, or the hash of a node's children's digests
  bool operator==(Reference const&) const = default;
};
/// Nothing: a hole, that is zeros all the way down.
using Child = std::optional<Reference>;

/// What a root is called outside this layer: empty bytes for a disk of zeros.
Bytes encode_reference(Child const& child);
Result<Child> decode_reference(ByteView bytes);

/// A node opened: children by slot.
struct Node {
  std::uint8_t level = 1;
  std::uint64_t blocks = 0;  ///< blocks below that are not holes
  std::array<Child, kFanout> children;
};

Result<Node> decode_node(ByteView stored);
/// The stored form and its reference; nothing if every child is a hole. Equal nodes have equal bytes.
struct StoredNode {
  Bytes stored;
  Reference reference;
};
std::optional<StoredNode> encode_node(Node const& node);

/// What a reference to this node says of its children: the hash of their digests.
Digest node_digest(Node const& node);
/// SHA-256 of 512 KiB of zeros (level 0), or of a node that has only holes.
Digest const& hole_digest(std::uint8_t level);
/// The digest of a root: a hole's own where there is none.
Digest digest_of(Child const& root, std::uint8_t height);

/// Blocks of a disk of that many GiB.
constexpr std::uint64_t blocks_of(std::int64_t volume_size_gib) {
  return static_cast<std::uint64_t>(volume_size_gib) * 2'048;
}
/// Levels of nodes above the blocks: follows from the volume size alone.
constexpr std::uint8_t height_of(std::int64_t volume_size_gib) {
  std::uint8_t height = 1;
  for (std::uint64_t reach = kFanout; reach < blocks_of(volume_size_gib); reach *= kFanout) ++height;
  return height;
}
/// Blocks below one child of a node of that level.
constexpr std::uint64_t blocks_per_child(std::uint8_t level) {
  std::uint64_t blocks = 1;
  for (std::uint8_t i = 1; i < level; ++i) blocks *= kFanout;
  return blocks;
}

}  // namespace argosy::content
