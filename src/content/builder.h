// content/builder.h - a new manifest from a parent's and a stream of changed blocks: touches only the changed
// paths.
#pragma once
#include <functional>

#include "content/content.h"

namespace argosy::content {

struct Change {
  std::uint64_t index = 0;
  Child block;
};

class Builder {
 public:
  using NextChange = std::function<Result<std::optional<Change>>()>;
  using OpenNode = std::function<Result<std::shared_ptr<Node const>>(Reference const&)>;
  /// Nothing if all children are holes. Called children first, so that whatever is stored is closed.
  using StoreNode = std::function<Result<Child>(Node const&)>;

  /// `next` gives changes by strictly ascending index.
  Builder(NextChange next, OpenNode open, StoreNode store)
      : next_(std::move(next)), open_(std::move(open)), store_(std::move(store)) {}

  Result<FinishedDisk> build(std::int64_t volume_size_gib, Child const& parent, std::int64_t parent_size_gib);

 private:
  struct Subtree {
    Child root;
    std::uint64_t blocks = 0;
  };
  Result<Subtree> apply(std::uint8_t level, std::uint64_t first_block, Child const& old);
  Result<void> apply_blocks(std::uint64_t first_block, Node& node);
  Result<void> apply_nodes(std::uint8_t level, std::uint64_t first_block, Node& node);
  Result<Subtree> save(Node const& node);
  Result<void> advance();

  NextChange next_;
  OpenNode open_;
  StoreNode store_;
  std::optional<Change> change_;
};

}  // namespace argosy::content
