// content/block.cpp - one block <-> its stored form.
#include <zstd.h>

#include "base/assert.h"
#include "content/content.h"
#include "content/sealing.h"

namespace argosy::content {
namespace {

/// Contexts are kept per thread: making one costs more than compressing a block.
ZSTD_CCtx* compressor() {
  thread_local std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                            &ZSTD_freeCCtx);
  return context.get();
}
ZSTD_DCtx* decompressor() {
  thread_local std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                            &ZSTD_freeDCtx);
  return context.get();
}

}  // namespace

Bytes encode_block(ByteView block, int zstd_level) {
  ARGOSY_ASSERT(block.size() == kBlockBytes);
  store::ChunkHeader header;
  header.plain_bytes = kBlockBytes;
  header.codec = store::Codec::zstd;
  Bytes out(store::kChunkHeaderBytes + kBlockBytes);
  std::size_t packed = ZSTD_compressCCtx(compressor(), out.data() + store::kChunkHeaderBytes, kBlockBytes - 1,
                                         block.data(), block.size(), zstd_level);
  if (ZSTD_isError(packed) != 0) {  // it would not be shorter
    header.codec = store::Codec::raw;
    std::memcpy(out.data() + store::kChunkHeaderBytes, block.data(), block.size());
    packed = block.size();
  }
  auto head = store::encode_chunk_header(header);
  std::memcpy(out.data(), head.data(), head.size());
  out.resize(store::kChunkHeaderBytes + packed);
  return out;
}

Result<Bytes> decode_block(ByteView stored) {
  auto header = TRY(store::decode_chunk_header(stored));
  if (header.kind != store::Kind::block)
    return fail(Fault::corrupt, "a manifest node where a block should be");
  if (header.sealing != store::Sealing::none)
    return fail(Fault::corrupt, "a sealed block where an open one should be");
  auto body = stored.subspan(store::kChunkHeaderBytes);
  if (header.codec == store::Codec::raw) {
    if (body.size() != kBlockBytes) return fail(Fault::corrupt, "a raw block of the wrong length");
    return to_bytes(body);
  }
  Bytes block(kBlockBytes);
  std::size_t got = ZSTD_decompressDCtx(decompressor(), block.data(), block.size(), body.data(), body.size());
  if (ZSTD_isError(got) != 0 || got != kBlockBytes)
    return fail(Fault::corrupt, "a block that does not unpack to 512 KiB");
  return block;
}

Result<Bytes> decode_block(ByteView stored, Reference const& reference) {
  if (!reference.key) return decode_block(stored);
  auto const unsealed = TRY(open_block(stored, *reference.key));
  auto block = TRY(decode_block(unsealed));
  if (digest::sha256(block) != reference.digest)
    return fail(Fault::corrupt, "a sealed block with another's digest");
  return block;
}

}  // namespace argosy::content
