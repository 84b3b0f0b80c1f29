// content/reference.h - (id, digest [, key]): one reference to a root is the whole content of a disk. Format:
// docs/formats/manifest.md.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "crypto/crypto.h"
#include "store/node.h"

namespace argosy::content {

using digest::Digest;
using store::ChunkId;
using store::kBlockBytes;
using store::kFanout;

struct Reference {
  ChunkId id;     ///< of the stored bytes
  Digest digest;  ///< of the plaintext: a block's SHA-256, or the hash of a node's children's digests
  std::optional<crypto::Key> key = std::nullopt;  ///< that opens a sealed chunk; nothing if it is not sealed
  bool operator==(Reference const&) const = default;
};
/// Nothing: a hole, that is zeros all the way down.
using Child = std::optional<Reference>;

/// What a root is called outside this layer: empty bytes for a disk of zeros. With a key (form 2) they are
/// never durable and cross no wire unless they are encrypted.
Bytes encode_reference(Child const& child);
Result<Child> decode_reference(ByteView bytes);

/// What is encrypted under a disk's KMS key: its root with the key, or one byte for a disk of zeros.
Bytes encode_root_secret(Child const& root);
/// Fails with `corrupt`.
Result<Child> decode_root_secret(ByteView secret);

/// What rows, leases and journals say of a chunk in the clear.
struct ClearReference {
  ChunkId id;
  std::optional<Digest> digest = std::nullopt;  ///< nothing: the chunk is sealed
  bool operator==(ClearReference const&) const = default;
};
/// Of a child without a key all of it; of one with a key its id alone.
std::optional<ClearReference> clear_reference(Child const& child);
/// Of a sealed chunk its id alone (form 3).
Bytes encode_clear_reference(std::optional<ClearReference> const& reference);
/// Of whatever may be durable; nothing for a hole. Fails with `corrupt`.
Result<std::optional<ClearReference>> decode_clear_reference(ByteView bytes);

/// What an upload's journal says of a sealed block: the id in the clear, digest and key sealed under the
/// upload's key (form 4). It opens for that block of that upload alone.
Bytes seal_journal_reference(Reference const& reference, crypto::Key const& upload_key,
                             std::string_view upload, std::uint64_t block, Entropy& entropy);
/// Fails with `corrupt` if it was sealed under another key, for another block, or not at all.
Result<Child> open_journal_reference(ByteView bytes, crypto::Key const& upload_key, std::string_view upload,
                                     std::uint64_t block);

/// A node opened: children by slot.
struct Node {
  std::uint8_t level = 1;
  std::uint64_t blocks = 0;  ///< blocks below that are not holes
  std::array<Child, kFanout> children;
};

struct StoredNode {
  Bytes stored;
  Reference reference;
};
/// A node that is not sealed.
Result<Node> decode_node(ByteView stored);
/// The stored form and its reference; nothing if every child is a hole. Equal nodes have equal bytes. No
/// child has a key.
std::optional<StoredNode> encode_node(Node const& node);

/// What storage sees of a node.
store::NodeView clear_part(Node const& node);

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
