// tests/fuzz/node.cpp - manifest nodes and references, sealed or not: what decodes is encoded to the same
// bytes.
#include "content/sealing.h"
#include "fuzz/fuzz.h"

namespace argosy::fuzz {
namespace {

void read_stored_node(ByteView stored) {
  auto node = store::decode_node(stored);
  check_error(node);
  if (!node) return;
  ARGOSY_ASSERT(!node->slots.empty() && node->slots.size() == node->ids.size());
  auto again = store::encode_node_clear_part(*node, node->sealed.size());
  again.insert(again.end(), node->sealed.begin(), node->sealed.end());
  ARGOSY_ASSERT(std::ranges::equal(again, stored));
}

/// The node with a key for each child, sealed, opens to itself, and not when one of its bits is another.
void seal_and_open(content::Node node, std::size_t at) {
  for (auto& child : node.children)
    if (child) child->key = crypto::Key(child->digest.bytes);
  auto sealed = content::seal_node(node, crypto::Key());
  ARGOSY_ASSERT(sealed);
  auto const opened = content::open_node(sealed->stored, sealed->reference);
  ARGOSY_ASSERT(opened && opened->level == node.level && opened->blocks == node.blocks &&
                opened->children == node.children);
  sealed->stored[at % sealed->stored.size()] ^= std::byte{1};
  ARGOSY_ASSERT(!content::open_node(sealed->stored, sealed->reference));
}

void read_node(ByteView stored) {
  auto node = content::decode_node(stored);
  check_error(node);
  if (!node) return;
  auto again = content::encode_node(*node);
  ARGOSY_ASSERT(again && std::ranges::equal(again->stored, stored));
  ARGOSY_ASSERT(again->reference.id == digest::sha256(stored));
  seal_and_open(*node, std::to_integer<std::size_t>(stored.back()) * 251);
}

/// No input is sealed under a key that nobody used.
void open_sealed(ByteView stored) {
  auto const node = content::open_node(stored, {{}, {}, crypto::Key()});
  check_error(node);
  ARGOSY_ASSERT(!node);
}

void read_reference(ByteView bytes) {
  auto reference = content::decode_reference(bytes);
  check_error(reference);
  if (reference) ARGOSY_ASSERT(std::ranges::equal(content::encode_reference(*reference), bytes));
  auto clear = content::decode_clear_reference(bytes);
  check_error(clear);
  // What has a key is not durable; of a journal's reference only the id is in the clear.
  if (clear && reference) ARGOSY_ASSERT(*clear == content::clear_reference(*reference));
  if (reference && *reference && (*reference)->key) ARGOSY_ASSERT(!clear);
  if (clear && *clear && !reference) ARGOSY_ASSERT(!(*clear)->digest);
  auto const journal = content::open_journal_reference(bytes, crypto::Key(), "snap-1", 5);
  check_error(journal);
  ARGOSY_ASSERT(!journal || (bytes.empty() && !*journal));
}

}  // namespace

void try_input(ByteView input) {
  read_stored_node(input);
  read_node(input);
  open_sealed(input);
  read_reference(input);
}

}  // namespace argosy::fuzz
