// content/reference.cpp - see reference.h.
#include "content/reference.h"

#include "base/assert.h"

namespace argosy::content {
namespace {

/// The first byte of a reference, behind which its id stands.
enum class Form : std::uint8_t { unsealed = 1, with_key = 2, id_alone = 3, journal = 4 };
constexpr std::size_t kIdEnd = 1 + 32;
constexpr std::size_t kDigestEnd = kIdEnd + 32;
constexpr std::size_t kKeyEnd = kDigestEnd + 32;
/// What an upload's journal holds of a sealed block: a nonce, then digest and key with a tag.
constexpr std::size_t kJournalEnd = kIdEnd + crypto::kNonceBytes + 32 + 32 + crypto::kTagBytes;

Bytes begin_reference(Form form, ChunkId const& id) {
  Bytes out{static_cast<std::byte>(form)};
  out.insert(out.end(), id.bytes.begin(), id.bytes.end());
  return out;
}

bool has_form(ByteView bytes, Form form, std::size_t size_bytes) {
  return bytes.size() == size_bytes && bytes[0] == static_cast<std::byte>(form);
}

std::unexpected<Error> unknown_form() { return fail(Fault::corrupt, "a reference of an unknown form"); }

/// A journal's reference opens for its own block alone.
Bytes journal_context(ByteView form_and_id, std::string_view upload, std::uint64_t block) {
  Bytes out = to_bytes(form_and_id);
  put_le(out, block);
  auto const name = as_bytes(upload);
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

}  // namespace

Bytes encode_reference(Child const& child) {
  if (!child) return {};
  auto out = begin_reference(child->key ? Form::with_key : Form::unsealed, child->id);
  out.insert(out.end(), child->digest.bytes.begin(), child->digest.bytes.end());
  if (child->key) out.insert(out.end(), child->key->bytes().begin(), child->key->bytes().end());
  return out;
}

Result<Child> decode_reference(ByteView bytes) {
  if (bytes.empty()) return Child{};
  bool const sealed = has_form(bytes, Form::with_key, kKeyEnd);
  if (!sealed && !has_form(bytes, Form::unsealed, kDigestEnd)) return unknown_form();
  Reference reference{ChunkId::copy_of(bytes.subspan(1)), Digest::copy_of(bytes.subspan(kIdEnd))};
  if (sealed) reference.key = TRY(crypto::Key::copy_of(bytes.subspan(kDigestEnd)));
  return Child(reference);
}

std::optional<ClearReference> clear_reference(Child const& child) {
  if (!child) return std::nullopt;
  return ClearReference{child->id, child->key ? std::nullopt : std::optional(child->digest)};
}

Bytes encode_root_secret(Child const& root) {
  ARGOSY_ASSERT(!root || root->key);
  return root ? encode_reference(root) : Bytes{std::byte{0}};
}

Result<Child> decode_root_secret(ByteView secret) {
  if (secret.size() == 1 && secret[0] == std::byte{0}) return Child{};
  auto root = TRY(decode_reference(secret));
  if (!root || !root->key) return unknown_form();
  return root;
}

Bytes encode_clear_reference(std::optional<ClearReference> const& reference) {
  if (!reference) return {};
  if (!reference->digest) return begin_reference(Form::id_alone, reference->id);
  return encode_reference(Reference{reference->id, *reference->digest});
}

Result<std::optional<ClearReference>> decode_clear_reference(ByteView bytes) {
  if (bytes.empty()) return std::optional<ClearReference>();
  bool const unsealed = has_form(bytes, Form::unsealed, kDigestEnd);
  if (!unsealed && !has_form(bytes, Form::id_alone, kIdEnd) && !has_form(bytes, Form::journal, kJournalEnd))
    return unknown_form();
  ClearReference reference{ChunkId::copy_of(bytes.subspan(1))};
  if (unsealed) reference.digest = Digest::copy_of(bytes.subspan(kIdEnd));
  return std::optional(reference);
}

Bytes seal_journal_reference(Reference const& reference, crypto::Key const& upload_key,
                             std::string_view upload, std::uint64_t block, Entropy& entropy) {
  ARGOSY_ASSERT(reference.key);
  auto out = begin_reference(Form::journal, reference.id);
  auto plain = to_bytes(reference.digest.bytes);
  plain.insert(plain.end(), reference.key->bytes().begin(), reference.key->bytes().end());
  auto const sealed = crypto::wrap(upload_key, journal_context(out, upload, block), plain, entropy);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

Result<Child> open_journal_reference(ByteView bytes, crypto::Key const& upload_key, std::string_view upload,
                                     std::uint64_t block) {
  if (bytes.empty()) return Child{};
  if (!has_form(bytes, Form::journal, kJournalEnd)) return unknown_form();
  auto const context = journal_context(bytes.first(kIdEnd), upload, block);
  auto const plain = TRY(crypto::unwrap(upload_key, context, bytes.subspan(kIdEnd)));
  auto const key = TRY(crypto::Key::copy_of(ByteView(plain).subspan(32)));
  return Child(Reference{ChunkId::copy_of(bytes.subspan(1)), Digest::copy_of(plain), key});
}

Result<Node> decode_node(ByteView stored) {
  auto view = TRY(store::decode_node(stored));
  if (view.sealing != store::Sealing::none)
    return fail(Fault::corrupt, "a sealed node where an open one should be");
  if (view.sealed.size() != view.ids.size() * 32)
    return fail(Fault::corrupt, "a manifest node without its digests");
  Node node;
  node.level = view.level;
  node.blocks = view.blocks;
  for (std::size_t i = 0; i < view.ids.size(); ++i)
    node.children[view.slots[i]] = Reference{view.ids[i], Digest::copy_of(view.sealed.subspan(i * 32, 32))};
  return node;
}

store::NodeView clear_part(Node const& node) {
  store::NodeView view;
  view.level = node.level;
  view.blocks = node.blocks;
  for (std::size_t slot = 0; slot < kFanout; ++slot) {
    auto const& child = node.children[slot];
    if (!child) continue;
    view.slots.push_back(static_cast<std::uint8_t>(slot));
    view.ids.push_back(child->id);
  }
  return view;
}

std::optional<StoredNode> encode_node(Node const& node) {
  auto const view = clear_part(node);
  if (view.slots.empty()) return std::nullopt;
  Bytes digests;
  for (auto const& child : node.children) {
    if (!child) continue;
    ARGOSY_ASSERT(!child->key);
    digests.insert(digests.end(), child->digest.bytes.begin(), child->digest.bytes.end());
  }
  StoredNode out;
  out.stored = store::encode_node_clear_part(view, digests.size());
  out.stored.insert(out.stored.end(), digests.begin(), digests.end());
  out.reference = {digest::sha256(out.stored), node_digest(node)};
  return out;
}

Digest node_digest(Node const& node) {
  digest::Sha256 hash;
  std::array<std::byte, 1> level_byte{std::byte{node.level}};
  hash.update(as_bytes("argosy node 1")).update(level_byte);
  auto const& hole = hole_digest(static_cast<std::uint8_t>(node.level - 1));
  for (auto const& child : node.children) hash.update(child ? child->digest.bytes : hole.bytes);
  return hash.finish();
}

Digest const& hole_digest(std::uint8_t level) {
  static auto const digests = [] {
    std::array<Digest, store::kMaxLevel + 1> made;
    made[0] = digest::sha256(Bytes(kBlockBytes));
    for (std::size_t i = 1; i < made.size(); ++i) {
      digest::Sha256 hash;
      std::array<std::byte, 1> level_byte{static_cast<std::byte>(i)};
      hash.update(as_bytes("argosy node 1")).update(level_byte);
      for (std::size_t slot = 0; slot < kFanout; ++slot) hash.update(made[i - 1].bytes);
      made[i] = hash.finish();
    }
    return made;
  }();
  return digests.at(level);
}

Digest digest_of(Child const& root, std::uint8_t height) { return root ? root->digest : hole_digest(height); }

}  // namespace argosy::content
