// content/sealing.h - the sealed forms of blocks and nodes: AES-256-GCM under a key that follows from exactly
// the bytes that are sealed. Formats: docs/formats/chunk.md, manifest.md.
#pragma once
#include "content/reference.h"

namespace argosy::content {

/// A sealed block and the key that opens it.
struct SealedBlock {
  Bytes stored;
  crypto::Key key;
};
/// Seals a block's unsealed stored form. Within one secret equal forms have equal keys and equal bytes, and
/// no key ever seals two messages.
SealedBlock seal_block(ByteView unsealed, crypto::Key const& domain_secret);
/// The unsealed stored form again. Fails with `corrupt` if it is no sealed block, or not one of that key.
Result<Bytes> open_block(ByteView stored, crypto::Key const& key);

/// The sealed form and its reference, whose key follows the same rule; nothing if every child is a hole.
/// Every child has a key.
std::optional<StoredNode> seal_node(Node const& node, crypto::Key const& domain_secret);
/// The node that a reference names, sealed if the reference has a key. A sealed one is compared with the
/// reference's digest, for whoever only moved it could not. Fails with `corrupt`.
Result<Node> open_node(ByteView stored, Reference const& reference);

}  // namespace argosy::content
