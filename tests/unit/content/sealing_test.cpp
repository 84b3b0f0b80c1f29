#include "content/sealing.h"

#include <gtest/gtest.h>

#include "content/content.h"

namespace argosy::content {
namespace {

crypto::Key some_key() { return crypto::Key::random(system_entropy()); }

Reference some_child() {
  Reference reference;
  system_entropy().fill(reference.id.bytes);
  system_entropy().fill(reference.digest.bytes);
  reference.key = some_key();
  return reference;
}
Node some_node() {
  Node node;
  for (std::size_t slot : {0U, 7U, 255U}) node.children[slot] = some_child();
  node.blocks = 3;
  return node;
}
Bytes some_block() { return encode_block(Bytes(kBlockBytes, std::byte{7}), 1); }

TEST(SealedBlocks, go_through_their_sealed_form_unchanged) {
  Bytes noise(kBlockBytes);
  system_entropy().fill(noise);
  for (auto const& plain : {noise, Bytes(kBlockBytes, std::byte{7})}) {
    auto const unsealed = encode_block(plain, 1);
    auto const sealed = seal_block(unsealed, some_key());
    EXPECT_EQ(sealed.stored.size(), unsealed.size() + crypto::kTagBytes);
    EXPECT_EQ(*open_block(sealed.stored, sealed.key), unsealed);
    EXPECT_EQ(*decode_block(sealed.stored, {{}, digest::sha256(plain), sealed.key}), plain);
  }
}

TEST(SealedBlocks, are_equal_where_form_and_secret_are_and_nowhere_else) {
  auto const secret = some_key();
  auto const sealed = seal_block(some_block(), secret);
  EXPECT_EQ(seal_block(some_block(), secret).stored, sealed.stored);
  auto const elsewhere = seal_block(some_block(), some_key());
  EXPECT_NE(elsewhere.stored, sealed.stored);
  EXPECT_FALSE(elsewhere.key == sealed.key);
}

TEST(SealedBlocks, of_one_plaintext_at_two_levels_of_zstd_have_two_keys) {
  Bytes plain(kBlockBytes);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::byte>(i * i >> 9U);
  auto const fast = encode_block(plain, -5);
  auto const slow = encode_block(plain, 9);
  ASSERT_NE(fast, slow);
  auto const secret = some_key();
  EXPECT_FALSE(seal_block(fast, secret).key == seal_block(slow, secret).key);
}

TEST(SealedBlocks, open_under_their_own_key_alone_and_untouched) {
  auto sealed = seal_block(some_block(), some_key());
  EXPECT_EQ(open_block(sealed.stored, some_key()).error().fault, Fault::corrupt);
  for (std::size_t at = 0; at < sealed.stored.size(); ++at) {
    sealed.stored[at] ^= std::byte{1};
    EXPECT_EQ(open_block(sealed.stored, sealed.key).error().fault, Fault::corrupt) << at;
    sealed.stored[at] ^= std::byte{1};
  }
  sealed.stored.resize(store::kChunkHeaderBytes + 3);
  EXPECT_EQ(open_block(sealed.stored, sealed.key).error().fault, Fault::corrupt);
}

TEST(SealedBlocks, are_not_taken_for_open_ones_nor_for_anothers) {
  auto const plain = Bytes(kBlockBytes, std::byte{7});
  auto const sealed = seal_block(some_block(), some_key());
  Digest const digest = digest::sha256(plain);
  EXPECT_EQ(decode_block(sealed.stored, {{}, digest}).error().fault, Fault::corrupt) << "no key";
  EXPECT_EQ(decode_block(some_block(), {{}, digest, sealed.key}).error().fault, Fault::corrupt)
      << "not sealed";
  EXPECT_EQ(decode_block(sealed.stored, {{}, hole_digest(0), sealed.key}).error().fault, Fault::corrupt);
}

TEST(SealedNodes, go_through_their_sealed_form_unchanged) {
  for (bool const full : {false, true}) {
    auto node = some_node();
    for (std::size_t slot = 0; full && slot < kFanout; ++slot) node.children[slot] = some_child();
    auto const sealed = *seal_node(node, some_key());
    EXPECT_EQ(sealed.reference.id, digest::sha256(sealed.stored));
    EXPECT_EQ(sealed.reference.digest, node_digest(node));
    auto const opened = *open_node(sealed.stored, sealed.reference);
    EXPECT_EQ(opened.level, node.level);
    EXPECT_EQ(opened.blocks, node.blocks);
    EXPECT_EQ(opened.children, node.children);
  }
}

TEST(SealedNodes, show_storage_their_children_and_nothing_else) {
  auto const node = some_node();
  auto const sealed = *seal_node(node, some_key());
  auto const view = *store::decode_node(sealed.stored);
  EXPECT_EQ(view.sealing, store::Sealing::aes_256_gcm);
  EXPECT_EQ(view.slots, (std::vector<std::uint8_t>{0, 7, 255}));
  auto const hex = to_hex(sealed.stored);
  for (auto slot : view.slots) {
    EXPECT_EQ(*view.child(slot), node.children[slot]->id);
    EXPECT_EQ(hex.find(node.children[slot]->digest.hex()), std::string::npos);
    EXPECT_EQ(hex.find(to_hex(node.children[slot]->key->bytes())), std::string::npos);
  }
}

TEST(SealedNodes, are_equal_where_tree_and_secret_are_and_nowhere_else) {
  auto node = some_node();
  auto const secret = some_key();
  auto const sealed = *seal_node(node, secret);
  EXPECT_EQ(seal_node(node, secret)->reference, sealed.reference);
  EXPECT_FALSE(seal_node(node, some_key())->reference.key == sealed.reference.key);
  node.children[7]->key = some_key();
  EXPECT_FALSE(seal_node(node, secret)->reference.key == sealed.reference.key) << "a key seals one message";
}

TEST(SealedNodes, open_under_their_own_key_alone_and_untouched) {
  auto sealed = *seal_node(some_node(), some_key());
  auto other = sealed.reference;
  other.key = some_key();
  EXPECT_EQ(open_node(sealed.stored, other).error().fault, Fault::corrupt);
  other = sealed.reference;
  other.digest = hole_digest(1);
  EXPECT_EQ(open_node(sealed.stored, other).error().fault, Fault::corrupt) << "another's digest";
  other = sealed.reference;
  other.key.reset();
  EXPECT_EQ(open_node(sealed.stored, other).error().fault, Fault::corrupt);
  for (std::size_t at = 0; at < sealed.stored.size(); ++at) {
    sealed.stored[at] ^= std::byte{1};
    EXPECT_EQ(open_node(sealed.stored, sealed.reference).error().fault, Fault::corrupt) << at;
    sealed.stored[at] ^= std::byte{1};
  }
}

TEST(References, with_a_key_are_never_taken_for_what_may_be_durable) {
  auto const child = some_child();
  EXPECT_EQ(*decode_reference(encode_reference(child)), Child(child));
  EXPECT_EQ(decode_clear_reference(encode_reference(child)).error().fault, Fault::corrupt);
  auto const id = encode_clear_reference(clear_reference(child));
  EXPECT_EQ(*decode_clear_reference(id), (ClearReference{child.id}));
  EXPECT_EQ(decode_reference(id).error().fault, Fault::corrupt) << "it opens nothing";
  Reference const unsealed{child.id, child.digest};
  EXPECT_EQ(encode_clear_reference(clear_reference(unsealed)), encode_reference(unsealed));
  EXPECT_EQ(*decode_clear_reference(encode_reference(unsealed)), (ClearReference{child.id, child.digest}));
  EXPECT_FALSE(decode_clear_reference({})->has_value());
}

TEST(References, of_a_journal_open_for_their_own_block_of_their_own_upload_alone) {
  auto const child = some_child();
  auto const upload_key = some_key();
  auto sealed = seal_journal_reference(child, upload_key, "snap-1", 5, system_entropy());
  EXPECT_EQ(*open_journal_reference(sealed, upload_key, "snap-1", 5), Child(child));
  EXPECT_EQ(*decode_clear_reference(sealed), (ClearReference{child.id})) << "the collector needs no key";
  EXPECT_EQ(open_journal_reference(sealed, some_key(), "snap-1", 5).error().fault, Fault::corrupt);
  EXPECT_EQ(open_journal_reference(sealed, upload_key, "snap-1", 6).error().fault, Fault::corrupt);
  EXPECT_EQ(open_journal_reference(sealed, upload_key, "snap-2", 5).error().fault, Fault::corrupt);
  EXPECT_EQ(decode_reference(sealed).error().fault, Fault::corrupt);
  for (auto& byte : sealed) {
    byte ^= std::byte{1};
    EXPECT_EQ(open_journal_reference(sealed, upload_key, "snap-1", 5).error().fault, Fault::corrupt);
    byte ^= std::byte{1};
  }
  EXPECT_FALSE(open_journal_reference({}, upload_key, "snap-1", 5)->has_value()) << "a hole";
}

}  // namespace
}  // namespace argosy::content
