// tests/support/chunks.h - stored forms that no content layer made: the store does not look into them.
#pragma once
#include <cstring>
#include <string_view>
#include <vector>

#include "store/node.h"

namespace argosy::tests {

/// A block's header with any bytes behind it.
inline Bytes stored_block(std::string_view text) {
  store::ChunkHeader header;
  header.plain_bytes = store::kBlockBytes;
  header.codec = store::Codec::zstd;
  auto head = store::encode_chunk_header(header);
  Bytes out(head.size() + text.size());
  std::memcpy(out.data(), head.data(), head.size());
  std::memcpy(out.data() + head.size(), text.data(), text.size());
  return out;
}

inline Bytes stored_node(std::uint8_t level, std::vector<store::ChunkId> const& children) {
  store::NodeView node;
  node.level = level;
  node.blocks = children.size();
  for (std::size_t i = 0; i < children.size(); ++i) {
    node.slots.push_back(static_cast<std::uint8_t>(i));
    node.ids.push_back(children[i]);
  }
  return store::encode_node_clear_part(node, 0);
}

}  // namespace argosy::tests
