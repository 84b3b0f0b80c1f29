// content/reference.cpp - see reference.h.
#include "content/reference.h"

#include "base/assert.h"

namespace argosy::content {
namespace {

constexpr std::size_t kReferenceBytes = 1 + 32 + 32;
constexpr std::byte kClearReference{1};  // 2 is kept for references that hold a key

}  // namespace

Bytes encode_reference(Child const& child) {
  Bytes out;
  if (!child) return out;
  out.push_back(kClearReference);
  out.insert(out.end(), child->id.bytes.begin(), child->id.bytes.end());
  out.insert(out.end(), child->digest.bytes.begin(), child->digest.bytes.end());
  return out;
}

Result<Child> decode_reference(ByteView bytes) {
  if (bytes.empty()) return Child{};
  if (bytes.size() != kReferenceBytes || bytes[0] != kClearReference)
    return fail(Fault::corrupt, "a reference of an unknown form");
  return Child(Reference{ChunkId::copy_of(bytes.subspan(1)), Digest::copy_of(bytes.subspan(33))});
}

Result<Node> decode_node(ByteView stored) {
  auto view = TRY(store::decode_node(stored));
  if (view.sealing != store::Sealing::none)
    return fail(Fault::corrupt, "a sealed node where an open one should be");
  if (view.sealed.size() != view.ids.size() * 32)
    return fail(Fault::corrupt, "a manifest node without its digests");
  Node node;
  node.level = view.level;
  node.blocks = view.blocks;
  for (std::size_t i = 0; i < view.ids.size(); ++i)
    node.children[view.slots[i]] = Reference{view.ids[i], Digest::copy_of(view.sealed.subspan(i * 32, 32))};
  return node;
}

std::optional<StoredNode> encode_node(Node const& node) {
  store::NodeView view;
  view.level = node.level;
  view.blocks = node.blocks;
  Bytes digests;
  for (std::size_t slot = 0; slot < kFanout; ++slot) {
    auto const& child = node.children[slot];
    if (!child) continue;
    view.slots.push_back(static_cast<std::uint8_t>(slot));
    view.ids.push_back(child->id);
    digests.insert(digests.end(), child->digest.bytes.begin(), child->digest.bytes.end());
  }
  if (view.slots.empty()) return std::nullopt;
  StoredNode out;
  out.stored = store::encode_node_clear_part(view, digests.size());
  out.stored.insert(out.stored.end(), digests.begin(), digests.end());
  out.reference = {digest::sha256(out.stored), node_digest(node)};
  return out;
}

Digest node_digest(Node const& node) {
  digest::Sha256 hash;
  std::array<std::byte, 1> level_byte{std::byte{node.level}};
  hash.update(as_bytes("argosy node 1")).update(level_byte);
  auto const& hole = hole_digest(static_cast<std::uint8_t>(node.level - 1));
  for (auto const& child : node.children) hash.update(child ? child->digest.bytes : hole.bytes);
  return hash.finish();
}

Digest const& hole_digest(std::uint8_t level) {
  static auto const digests = [] {
    std::array<Digest, store::kMaxLevel + 1> made;
    made[0] = digest::sha256(Bytes(kBlockBytes));
    for (std::size_t i = 1; i < made.size(); ++i) {
      digest::Sha256 hash;
      std::array<std::byte, 1> level_byte{static_cast<std::byte>(i)};
      hash.update(as_bytes("argosy node 1")).update(level_byte);
      for (std::size_t slot = 0; slot < kFanout; ++slot) hash.update(made[i - 1].bytes);
      made[i] = hash.finish();
    }
    return made;
  }();
  return digests.at(level);
}

Digest digest_of(Child const& root, std::uint8_t height) { return root ? root->digest : hole_digest(height); }

}  // namespace argosy::content
