#include "store/tree.h"

#include <gtest/gtest.h>

#include "support/chunks.h"

namespace argosy::store {
namespace {

using tests::stored_block;
using tests::stored_node;

TEST(Places, lead_down_to_every_chunk_that_a_root_reaches) {
  EXPECT_TRUE(is_below(2, 0, 65'535));
  EXPECT_FALSE(is_below(2, 0, 65'536));
  EXPECT_TRUE(is_below(2, 1, 255));
  EXPECT_FALSE(is_below(2, 1, 256));
  EXPECT_TRUE(is_below(2, 2, 0));
  EXPECT_FALSE(is_below(2, 3, 0)) << "above the root";
  std::uint64_t const block = 3 * 65'536 + 7 * 256 + 9;
  EXPECT_EQ(slot_towards(3, 0, block), 3U);
  EXPECT_EQ(slot_towards(2, 0, block), 7U);
  EXPECT_EQ(slot_towards(1, 0, block), 9U);
  EXPECT_EQ(slot_towards(3, 1, block / 256), 3U);
  EXPECT_EQ(slot_towards(2, 1, block / 256), 7U);
}

class TreeTest : public testing::Test {
 protected:
  void SetUp() override { store_ = *Store::open(*packs_, sessions_, {}); }
  ChunkId put(Bytes const& stored) {
    NewChunk chunk{digest::sha256(stored), stored};
    EXPECT_TRUE(store_->put(1, chunk, std::nullopt));
    return chunk.id;
  }
  std::unique_ptr<bucket::Bucket> packs_ = bucket::open_memory();
  sql::Pool sessions_{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
  std::unique_ptr<Store> store_;
};

TEST_F(TreeTest, is_walked_by_ids_alone) {
  auto const block = put(stored_block("one"));
  auto const other = put(stored_block("two"));
  auto const leaf = put(stored_node(1, {other, block}));
  auto const root = put(stored_node(2, {leaf}));
  Tree tree(*store_, 1);
  EXPECT_EQ(*tree.find(1, root, 2, 2, 0), root);
  EXPECT_EQ(*tree.find(1, root, 2, 1, 0), leaf);
  EXPECT_EQ(*tree.find(1, root, 2, 0, 1), block);
  EXPECT_EQ(*tree.find(1, root, 2, 0, 2), std::nullopt) << "a hole";
  EXPECT_EQ(*tree.find(1, root, 2, 0, 256), std::nullopt);
  EXPECT_EQ(*tree.find(1, root, 2, 0, 65'536), std::nullopt) << "beyond the root's reach";
  EXPECT_EQ((*tree.node(1, leaf))->view().ids, (std::vector<ChunkId>{other, block}));
  EXPECT_EQ(tree.node(2, leaf).error().fault, Fault::not_found) << "another domain's";
  EXPECT_EQ(tree.node(1, block).error().fault, Fault::corrupt) << "no node";
}

}  // namespace
}  // namespace argosy::store
