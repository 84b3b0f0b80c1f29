// tests/fuzz/chunk.cpp - stored blocks: header and compressed body.
#include "content/content.h"
#include "fuzz/fuzz.h"

namespace argosy::fuzz {
namespace {

void read_header(ByteView stored) {
  auto header = store::decode_chunk_header(stored);
  check_error(header);
  if (!header) return;
  ARGOSY_ASSERT(header->plain_bytes <= store::kMaxStoredBytes && header->level <= store::kMaxLevel);
  auto again = store::encode_chunk_header(*header);
  ARGOSY_ASSERT(std::ranges::equal(again, stored.first(store::kChunkHeaderBytes)));
}

/// The input, over and over: a block that compresses well.
Bytes fill_block(ByteView input) {
  Bytes block(content::kBlockBytes);
  for (std::size_t at = 0; at < block.size() && !input.empty(); at += input.size())
    std::memcpy(block.data() + at, input.data(), std::min(input.size(), block.size() - at));
  return block;
}

}  // namespace

void try_input(ByteView input) {
  read_header(input);
  auto block = content::decode_block(input);
  check_error(block);
  if (block) ARGOSY_ASSERT(block->size() == content::kBlockBytes);
  if (input.size() % 64 != 1) return;  // the rest costs a thousand times as much as what stands above
  auto const plain = fill_block(input);
  auto stored = content::encode_block(plain, 1);
  ARGOSY_ASSERT(stored.size() <= store::kMaxStoredBytes && content::decode_block(stored) == plain);
}

}  // namespace argosy::fuzz
