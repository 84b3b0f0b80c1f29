// Format version 1: the vectors of docs/formats/vectors and the pack of tests/golden, which every later
// program must still read. Both were made by another implementation (tests/golden/make.py).
#include <gtest/gtest.h>

#include "content/content.h"
#include "unit/content/vectors.h"

namespace argosy::content {
namespace {

TEST(Vectors, of_stored_blocks_unpack_to_their_blocks) {
  for (auto const& block : vectors().at("blocks").as_array()) {
    auto stored = hex(block.at("stored"));
    EXPECT_EQ(digest::sha256(stored), digest(block.at("id")));
    EXPECT_EQ(*decode_block(stored), plain(block));
    EXPECT_EQ(digest::sha256(plain(block)), digest(block.at("digest")));
  }
}

TEST(Vectors, of_a_raw_block_are_its_header_and_its_bytes) {
  auto stored = hex(vectors().at("raw_block_header"));
  Bytes noise(kBlockBytes);
  system_entropy().fill(noise);
  stored.insert(stored.end(), noise.begin(), noise.end());
  EXPECT_EQ(*decode_block(stored), noise);
  EXPECT_EQ(encode_block(noise, 1), stored);
}

TEST(Vectors, of_holes_are_the_digests_of_zeros_at_every_level) {
  auto const& digests = vectors().at("hole_digests").as_array();
  ASSERT_EQ(digests.size(), store::kMaxLevel + 1U);
  for (std::uint8_t level = 0; level <= store::kMaxLevel; ++level)
    EXPECT_EQ(hole_digest(level), digest(digests[level]));
}

TEST(Vectors, of_manifest_nodes_are_read_and_written_to_the_byte) {
  for (auto const& vector : vectors().at("nodes").as_array()) {
    auto const node = node_of(vector);
    auto read = *decode_node(hex(vector.at("stored")));
    EXPECT_EQ(read.level, node.level);
    EXPECT_EQ(read.blocks, node.blocks);
    EXPECT_EQ(read.children, node.children);
    auto written = *encode_node(node);
    EXPECT_EQ(to_hex(written.stored), text(vector.at("stored")));
    EXPECT_EQ(written.reference, reference_of(vector));
  }
}

TEST(Vectors, of_packs_are_written_to_the_byte) {
  EXPECT_TRUE(write_pack(vectors().at("pack")) == read_file(kProject / "tests/golden/version-1.pack"));
}

class ReleasedPack : public testing::TestWithParam<bool> {
 protected:
  std::uint64_t domain() const {
    return vectors().at("pack").at("records").at(0).at("domain").to_number<std::uint64_t>();
  }
  ReleasedStore released_{"version-1.pack", GetParam()};
  std::unique_ptr<store::Store>& store_ = released_.store;
  std::unique_ptr<Content>& content_ = released_.content;
};
INSTANTIATE_TEST_SUITE_P(, ReleasedPack, testing::Bool(),
                         [](auto const& instance) { return instance.param ? "sealed" : "unsealed"; });

TEST_P(ReleasedPack, gives_back_its_disk) {
  Disk disk{domain(), *decode_reference(hex(vectors().at("root_reference"))), 1};
  auto const& blocks = vectors().at("blocks");
  EXPECT_EQ(**content_->read_block(disk, 0, nullptr), plain(blocks.at(0)));
  EXPECT_EQ(**content_->read_block(disk, 5, nullptr), plain(blocks.at(1)));
  EXPECT_EQ(**content_->read_block(disk, 300, nullptr), plain(blocks.at(0)));
  EXPECT_EQ(content_->list_blocks(disk, 0, 10)->entries.size(), 3U);
  EXPECT_TRUE(*store_->contains(disk.domain, disk.root->id)) << "the subtree is whole, so the root is closed";
}

TEST_P(ReleasedPack, gives_back_the_journal_of_its_upload) {
  auto upload = text(vectors().at("pack").at("records").at(0).at("upload"));
  auto rows = *store_->placements(upload, 0, 10);
  std::vector<std::pair<std::uint64_t, Bytes>> journal;
  for (auto const& row : rows) journal.emplace_back(row.block, row.reference);
  auto const& blocks = vectors().at("blocks");
  auto sevens = encode_reference(Reference{digest(blocks.at(0).at("id")), digest(blocks.at(0).at("digest"))});
  auto stars = encode_reference(Reference{digest(blocks.at(1).at("id")), digest(blocks.at(1).at("digest"))});
  EXPECT_EQ(journal,
            (std::vector<std::pair<std::uint64_t, Bytes>>{{0, sevens}, {5, stars}, {9, {}}, {300, sevens}}));
}

TEST_P(ReleasedPack, knows_a_block_again_by_its_lookup_row) {
  auto const& lookup = vectors().at("lookup");
  store::ChunkId const id(digest(vectors().at("blocks").at(0).at("id")));
  ASSERT_TRUE(store_->remember(domain(), hex(lookup.at("name")), id, hex(lookup.at("row"))));
  Domain known{domain(), *crypto::Key::copy_of(hex(lookup.at("domain_secret")))};
  auto block = plain(vectors().at("blocks").at(0));
  // Compressed anew it would be other bytes, hence another chunk: zstd writes no such frames.
  ASSERT_TRUE(content_->put_block(known, {"snap-2"}, 1, block, digest::sha256(block)));
  auto rows = *store_->placements("snap-2", 0, 10);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ((*decode_reference(rows[0].reference))->id, digest(vectors().at("blocks").at(0).at("id")));
}

}  // namespace
}  // namespace argosy::content
