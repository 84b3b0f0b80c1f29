// tests/fuzz/chunk.cpp - stored blocks: header, compressed body, sealed body.
#include "content/content.h"
#include "content/sealing.h"
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

/// No input is sealed under a key that nobody used.
void open_sealed(ByteView stored) {
  auto const opened = content::open_block(stored, crypto::Key());
  check_error(opened);
  ARGOSY_ASSERT(!opened);
}

/// Whatever is sealed opens to itself, and not when one of its bits is another.
void seal_and_open(ByteView unsealed, std::size_t at) {
  auto sealed = content::seal_block(unsealed, crypto::Key());
  auto const opened = content::open_block(sealed.stored, sealed.key);
  ARGOSY_ASSERT(opened && std::ranges::equal(*opened, unsealed));
  sealed.stored[at % sealed.stored.size()] ^= std::byte{1};
  ARGOSY_ASSERT(!content::open_block(sealed.stored, sealed.key));
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
  if (block) seal_and_open(input, std::to_integer<std::size_t>(input.back()) * 251);
  open_sealed(input);
  if (input.size() % 64 != 1) return;  // the rest costs a thousand times as much as what stands above
  auto const plain = fill_block(input);
  auto stored = content::encode_block(plain, 1);
  ARGOSY_ASSERT(stored.size() <= store::kMaxStoredBytes && content::decode_block(stored) == plain);
}

}  // namespace argosy::fuzz
