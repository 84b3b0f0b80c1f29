// Sealed content of format version 1: the vectors and the pack that another implementation made
// (tests/golden/make.py), which every later program must still read.
#include <gtest/gtest.h>

#include "content/sealing.h"
#include "unit/content/vectors.h"

namespace argosy::content {
namespace {

json::value const& sealed() { return vectors().at("sealed"); }
crypto::Key secret() { return key(sealed().at("domain_secret")); }

/// Gives the bytes of a vector instead of random ones.
class GivenEntropy final : public Entropy {
 public:
  explicit GivenEntropy(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::byte> out) override { std::ranges::copy(bytes_, out.begin()); }

 private:
  Bytes bytes_;
};

TEST(SealedVectors, of_blocks_are_opened_and_sealed_to_the_byte) {
  auto const& unsealed = vectors().at("blocks").as_array();
  auto const& blocks = sealed().at("blocks").as_array();
  ASSERT_EQ(blocks.size(), unsealed.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto const stored = hex(blocks[i].at("stored"));
    EXPECT_EQ(digest::sha256(stored), digest(blocks[i].at("id")));
    EXPECT_EQ(*open_block(stored, key(blocks[i].at("key"))), hex(unsealed[i].at("stored")));
    EXPECT_EQ(*decode_block(stored, reference_of(blocks[i])), plain(blocks[i]));
    auto const made = seal_block(hex(unsealed[i].at("stored")), secret());
    EXPECT_EQ(to_hex(made.stored), text(blocks[i].at("stored")));
    EXPECT_EQ(made.key, key(blocks[i].at("key")));
  }
}

TEST(SealedVectors, of_manifest_nodes_are_opened_and_sealed_to_the_byte) {
  for (auto const& vector : sealed().at("nodes").as_array()) {
    auto const node = node_of(vector);
    auto const read = *open_node(hex(vector.at("stored")), reference_of(vector));
    EXPECT_EQ(read.level, node.level);
    EXPECT_EQ(read.blocks, node.blocks);
    EXPECT_EQ(read.children, node.children);
    auto const made = *seal_node(node, secret());
    EXPECT_EQ(to_hex(made.stored), text(vector.at("stored")));
    EXPECT_EQ(made.reference, reference_of(vector));
  }
}

TEST(SealedVectors, of_references_are_read_and_written_to_the_byte) {
  auto const root = Child(reference_of(sealed().at("nodes").at(2)));
  EXPECT_EQ(*decode_reference(hex(sealed().at("root_reference"))), root);
  EXPECT_EQ(to_hex(encode_reference(root)), text(sealed().at("root_reference")));
  auto const clear = clear_reference(root);
  EXPECT_EQ(*decode_clear_reference(hex(sealed().at("root_id_alone"))), clear);
  EXPECT_EQ(to_hex(encode_clear_reference(clear)), text(sealed().at("root_id_alone")));
}

TEST(SealedVectors, of_journals_are_opened_and_sealed_to_the_byte) {
  auto const& journal = sealed().at("journal");
  auto const upload = text(journal.at("upload"));
  auto const upload_key = key(journal.at("upload_key"));
  auto const& blocks = sealed().at("blocks");
  std::array const children{blocks.at(0), blocks.at(1), blocks.at(0)};
  for (std::size_t i = 0; i < children.size(); ++i) {
    auto const& place = journal.at("places").at(i);
    auto const block = place.at("block").to_number<std::uint64_t>();
    auto const reference = reference_of(children[i]);
    EXPECT_EQ(*open_journal_reference(hex(place.at("reference")), upload_key, upload, block),
              Child(reference));
    GivenEntropy entropy(hex(place.at("nonce")));
    EXPECT_EQ(to_hex(seal_journal_reference(reference, upload_key, upload, block, entropy)),
              text(place.at("reference")));
  }
}

TEST(SealedVectors, of_packs_are_written_to_the_byte) {
  EXPECT_TRUE(write_pack(sealed().at("pack")) == read_file(kProject / "tests/golden/version-1-sealed.pack"));
}

class ReleasedSealedPack : public testing::TestWithParam<bool> {
 protected:
  std::uint64_t domain() const {
    return sealed().at("pack").at("records").at(0).at("domain").to_number<std::uint64_t>();
  }
  Upload upload() const {
    auto const& journal = sealed().at("journal");
    return {text(journal.at("upload")), key(journal.at("upload_key"))};
  }
  ReleasedStore released_{"version-1-sealed.pack", GetParam()};
};
INSTANTIATE_TEST_SUITE_P(, ReleasedSealedPack, testing::Bool(),
                         [](auto const& instance) { return instance.param ? "sealed" : "unsealed"; });

TEST_P(ReleasedSealedPack, gives_back_its_disk_to_who_holds_the_key_of_its_root) {
  Disk const disk{domain(), *decode_reference(hex(sealed().at("root_reference"))), 1};
  auto const& blocks = vectors().at("blocks");
  EXPECT_EQ(**released_.content->read_block(disk, 0, nullptr), plain(blocks.at(0)));
  EXPECT_EQ(**released_.content->read_block(disk, 5, nullptr), plain(blocks.at(1)));
  EXPECT_EQ(**released_.content->read_block(disk, 300, nullptr), plain(blocks.at(0)));
  EXPECT_EQ(released_.content->list_blocks(disk, 0, 10)->entries.size(), 3U);
  EXPECT_TRUE(*released_.store->contains(disk.domain, disk.root->id)) << "closed without a key";
}

TEST_P(ReleasedSealedPack, builds_its_disk_again_from_the_journal_of_its_upload) {
  Domain const known{domain(), secret()};
  auto const made = *released_.content->finish(known, upload(), 1, std::nullopt, 1);
  EXPECT_EQ(made.root, *decode_reference(hex(sealed().at("root_reference"))));
  EXPECT_EQ(released_.content->summarize(upload())->blocks, 4U);
}

TEST_P(ReleasedSealedPack, knows_a_block_again_by_its_lookup_row) {
  auto const& lookup = sealed().at("lookup");
  auto const sevens = reference_of(sealed().at("blocks").at(0));
  ASSERT_TRUE(released_.store->remember(domain(), hex(lookup.at("name")), sevens.id, hex(lookup.at("row"))));
  Domain const known{domain(), secret()};
  EXPECT_EQ(*released_.content->lookup().find(known, sevens.digest, store::Sealing::aes_256_gcm),
            Child(sevens));
}

}  // namespace
}  // namespace argosy::content
