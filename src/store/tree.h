// store/tree.h - manifests as whoever holds no key sees them: from a root down to a place below it, by ids
// alone.
#pragma once
#include <memory>
#include <optional>

#include "base/recent.h"
#include "store/store.h"

namespace argosy::store {

/// A node as it is stored, and what is in the clear of it.
class TreeNode {
 public:
  /// Fails with `corrupt` unless it is a manifest node.
  static Result<TreeNode> decode(Bytes stored);
  TreeNode(TreeNode&&) = default;
  TreeNode(TreeNode const&) = delete;
  TreeNode& operator=(TreeNode const&) = delete;
  ~TreeNode() = default;

  ByteView stored() const { return stored_; }
  NodeView const& view() const { return view_; }

 private:
  TreeNode(Bytes stored, NodeView view) : stored_(std::move(stored)), view_(std::move(view)) {}
  Bytes stored_;
  NodeView view_;  ///< into stored_
};

/// Any thread. The store outlives it.
class Tree {
 public:
  /// `cached_nodes` of up to 33 KiB each are kept in memory.
  Tree(Store& store, std::size_t cached_nodes) : store_(store), nodes_(cached_nodes) {}

  /// Fails as Store::get does, and with `corrupt` if the chunk is no node.
  Result<std::shared_ptr<TreeNode const>> node(Domain domain, ChunkId const& id);
  /// The chunk at a level (its height is the root's) and position below a root; nothing if there is a hole.
  Result<std::optional<ChunkId>> find(Domain domain, ChunkId const& root, std::uint8_t height,
                                      std::uint8_t level, std::uint64_t position);

 private:
  struct Key {
    Domain domain = 0;
    ChunkId id;
    bool operator==(Key const&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(Key const& key) const { return std::hash<ChunkId>()(key.id) ^ key.domain; }
  };
  Store& store_;
  Recent<Key, std::shared_ptr<TreeNode const>, KeyHash> nodes_;  // shared: a reader outlives eviction
};

}  // namespace argosy::store
