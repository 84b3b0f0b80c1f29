// content/sealing.cpp - see sealing.h.
#include "content/sealing.h"

#include <algorithm>

#include "base/assert.h"

namespace argosy::content {
namespace {

/// A key seals one message alone, so its nonce may be fixed.
constexpr std::array<std::byte, crypto::kNonceBytes> kNonce{};

/// The salt is the hash of exactly what is sealed: another compressor, level or version has another key.
crypto::Key chunk_key(ByteView unsealed, crypto::Key const& domain_secret) {
  return crypto::hkdf_sha256(domain_secret.bytes(), digest::sha256(unsealed).bytes,
                             as_bytes("argosy chunk 1"));
}

/// Digest and key of each child, as they lie in a sealed node.
Bytes join_secrets(Node const& node) {
  Bytes digests;
  Bytes keys;
  for (auto const& child : node.children) {
    if (!child) continue;
    ARGOSY_ASSERT(child->key);
    digests.insert(digests.end(), child->digest.bytes.begin(), child->digest.bytes.end());
    keys.insert(keys.end(), child->key->bytes().begin(), child->key->bytes().end());
  }
  digests.insert(digests.end(), keys.begin(), keys.end());
  return digests;
}

}  // namespace

SealedBlock seal_block(ByteView unsealed, crypto::Key const& domain_secret) {
  auto const key = chunk_key(unsealed, domain_secret);
  auto stored = to_bytes(unsealed.first(store::kChunkHeaderBytes));
  stored[store::kSealingOffset] = static_cast<std::byte>(store::Sealing::aes_256_gcm);
  auto const body = crypto::seal(key, kNonce, stored, unsealed.subspan(store::kChunkHeaderBytes));
  stored.insert(stored.end(), body.begin(), body.end());
  return {std::move(stored), key};
}

Result<Bytes> open_block(ByteView stored, crypto::Key const& key) {
  auto header = TRY(store::decode_chunk_header(stored));
  if (header.kind != store::Kind::block || header.sealing == store::Sealing::none)
    return fail(Fault::corrupt, "not a sealed block where one should be");
  auto const head = stored.first(store::kChunkHeaderBytes);
  auto const body = TRY(crypto::open(key, kNonce, head, stored.subspan(store::kChunkHeaderBytes)));
  header.sealing = store::Sealing::none;
  auto const unsealed = store::encode_chunk_header(header);
  Bytes out(unsealed.begin(), unsealed.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

std::optional<StoredNode> seal_node(Node const& node, crypto::Key const& domain_secret) {
  auto view = clear_part(node);
  if (view.slots.empty()) return std::nullopt;
  auto const secrets = join_secrets(node);
  auto unsealed = store::encode_node_clear_part(view, secrets.size());
  unsealed.insert(unsealed.end(), secrets.begin(), secrets.end());
  auto const key = chunk_key(unsealed, domain_secret);
  view.sealing = store::Sealing::aes_256_gcm;
  auto stored = store::encode_node_clear_part(view, secrets.size() + crypto::kTagBytes);
  auto const sealed = crypto::seal(key, kNonce, stored, secrets);
  stored.insert(stored.end(), sealed.begin(), sealed.end());
  auto const id = digest::sha256(stored);
  return StoredNode{std::move(stored), {id, node_digest(node), key}};
}

Result<Node> open_node(ByteView stored, Reference const& reference) {
  if (!reference.key) return decode_node(stored);
  auto const view = TRY(store::decode_node(stored));
  if (view.sealing == store::Sealing::none)
    return fail(Fault::corrupt, "an open node where a sealed one should be");
  auto const clear = stored.first(stored.size() - view.sealed.size());
  auto const secrets = TRY(crypto::open(*reference.key, kNonce, clear, view.sealed));
  auto const count = view.ids.size();
  if (secrets.size() != count * 64)
    return fail(Fault::corrupt, "a sealed manifest node without its digests and keys");
  Node node;
  node.level = view.level;
  node.blocks = view.blocks;
  for (std::size_t i = 0; i < count; ++i) {
    auto const key = TRY(crypto::Key::copy_of(ByteView(secrets).subspan((count + i) * 32, 32)));
    node.children[view.slots[i]] =
        Reference{view.ids[i], Digest::copy_of(ByteView(secrets).subspan(i * 32, 32)), key};
  }
  if (node_digest(node) != reference.digest)
    return fail(Fault::corrupt, "a sealed manifest node with another's digest");
  return node;
}

}  // namespace argosy::content
