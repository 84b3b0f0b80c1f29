// content/builder.cpp - see builder.h.
#include "content/builder.h"

#include "base/assert.h"

namespace argosy::content {

Result<void> Builder::advance() {
  auto before = change_;
  change_ = TRY(next_());
  ARGOSY_ASSERT(!before || !change_ || before->index < change_->index);
  return {};
}

Result<Builder::Subtree> Builder::save(Node const& node) {
  auto root = TRY(store_(node));
  return Subtree{root, root ? node.blocks : 0};
}

Result<void> Builder::apply_blocks(std::uint64_t first_block, Node& node) {
  while (change_ && change_->index < first_block + kFanout) {
    auto& child = node.children[change_->index - first_block];
    node.blocks -= child ? 1U : 0U;
    child = change_->block;
    node.blocks += child ? 1U : 0U;
    TRY(advance());
  }
  return {};
}

Result<void> Builder::apply_nodes(std::uint8_t level, std::uint64_t first_block, Node& node) {
  auto const step = blocks_per_child(level);
  while (change_ && change_->index < first_block + step * kFanout) {
    auto slot = (change_->index - first_block) / step;
    auto& child = node.children[slot];
    if (child) {
      auto old = TRY(open_(*child));
      node.blocks -= old->blocks;
    }
    auto made = TRY(apply(static_cast<std::uint8_t>(level - 1), first_block + slot * step, child));
    child = made.root;
    node.blocks += made.blocks;
  }
  return {};
}

Result<Builder::Subtree> Builder::apply(std::uint8_t level, std::uint64_t first_block, Child const& old) {
  Node node;
  node.level = level;
  if (old) {
    auto opened = TRY(open_(*old));
    if (opened->level != level) return fail(Fault::corrupt, "a manifest node of the wrong level");
    node = *opened;
  }
  if (level == 1) TRY(apply_blocks(first_block, node));
  if (level > 1) TRY(apply_nodes(level, first_block, node));
  return save(node);
}

Result<FinishedDisk> Builder::build(std::int64_t volume_size_gib, Child const& parent,
                                    std::int64_t parent_size_gib) {
  Subtree tree;
  tree.root = parent;
  if (parent) {
    auto opened = TRY(open_(*parent));
    tree.blocks = opened->blocks;
  }
  auto const height = height_of(volume_size_gib);
  for (auto level = height_of(parent_size_gib); parent && level < height;
       ++level) {  // a larger disk, a higher tree
    Node above;
    above.level = static_cast<std::uint8_t>(level + 1);
    above.blocks = tree.blocks;
    above.children[0] = tree.root;
    tree = TRY(save(above));
  }
  TRY(advance());
  if (change_) tree = TRY(apply(height, 0, tree.root));
  if (change_) return fail(Fault::invalid, "a block beyond the end of the disk");
  return FinishedDisk{tree.root, digest_of(tree.root, height), tree.blocks};
}

}  // namespace argosy::content
