// store/tree.cpp - see tree.h.
#include "store/tree.h"

namespace argosy::store {

Result<TreeNode> TreeNode::decode(Bytes stored) {
  auto view = TRY(decode_node(stored));
  return TreeNode(std::move(stored), std::move(view));
}

Result<std::shared_ptr<TreeNode const>> Tree::node(Domain domain, ChunkId const& id) {
  Key const key{domain, id};
  if (auto found = nodes_.find(key)) return *found;
  auto stored = TRY(store_.get(domain, id));
  auto node = std::make_shared<TreeNode const>(TRY(TreeNode::decode(std::move(stored))));
  nodes_.put(key, node);
  return node;
}

Result<std::optional<ChunkId>> Tree::find(Domain domain, ChunkId const& root, std::uint8_t height,
                                          std::uint8_t level, std::uint64_t position) {
  if (!is_below(height, level, position)) return std::optional<ChunkId>();
  auto id = root;
  for (auto at = height; at > level; --at) {
    auto opened = TRY(node(domain, id));
    auto const* child = opened->view().child(slot_towards(at, level, position));
    if (child == nullptr) return std::optional<ChunkId>();
    id = *child;
  }
  return std::optional(id);
}

}  // namespace argosy::store
