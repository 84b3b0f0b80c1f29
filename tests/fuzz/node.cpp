// tests/fuzz/node.cpp - manifest nodes and references: what decodes is encoded to the same bytes.
#include "content/reference.h"
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

void read_node(ByteView stored) {
  auto node = content::decode_node(stored);
  check_error(node);
  if (!node) return;
  auto again = content::encode_node(*node);
  ARGOSY_ASSERT(again && std::ranges::equal(again->stored, stored));
  ARGOSY_ASSERT(again->reference.id == digest::sha256(stored));
}

void read_reference(ByteView bytes) {
  auto reference = content::decode_reference(bytes);
  check_error(reference);
  if (reference) ARGOSY_ASSERT(std::ranges::equal(content::encode_reference(*reference), bytes));
}

}  // namespace

void try_input(ByteView input) {
  read_stored_node(input);
  read_node(input);
  read_reference(input);
}

}  // namespace argosy::fuzz
