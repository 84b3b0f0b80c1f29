#include "content/content.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace argosy::content {
namespace {

class ContentTest : public testing::Test {
 protected:
  void SetUp() override {
    packs_ = bucket::open_memory();
    sessions_ =
        std::make_unique<sql::Pool>([] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1);
    store_ = *store::Store::open(*packs_, *sessions_, {});
    content_ = std::make_unique<Content>(*store_, Options{}, system_entropy());
    domain_ = {111122223333, crypto::Key::random(system_entropy())};
  }
  static Bytes block(std::uint32_t seed) {
    Bytes out(kBlockBytes);
    std::mt19937 generator(seed);
    for (std::size_t i = 0; i < out.size(); i += 64) out[i] = static_cast<std::byte>(generator());
    return out;
  }
  void put(std::string const& upload, std::uint64_t index, Bytes const& data) {
    ASSERT_TRUE(content_->put_block(domain_, {upload}, index, data, digest::sha256(data)));
  }
  FinishedDisk finish(std::string const& upload, std::int64_t size, FinishedDisk const& parent = {},
                      std::int64_t parent_size = 1) {
    auto disk = content_->finish(domain_, {upload}, size, parent.root, parent_size);
    EXPECT_TRUE(disk) << disk.error().message;
    return *disk;
  }
  Disk disk(FinishedDisk const& finished, std::int64_t size) { return {domain_.number, finished.root, size}; }
  std::uint64_t stored_bytes() {
    std::uint64_t total = 0;
    auto objects = *packs_->list();
    for (auto const& object : objects) total += object.size_bytes;
    return total;
  }
  std::unique_ptr<bucket::Bucket> packs_;
  std::unique_ptr<sql::Pool> sessions_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Content> content_;
  Domain domain_;
};

TEST_F(ContentTest, gives_back_every_block_of_a_disk) {
  for (std::uint64_t index : {0U, 1U, 255U, 256U, 2'047U})
    put("snap-1", index, block(static_cast<std::uint32_t>(index)));
  auto finished = finish("snap-1", 1);
  EXPECT_EQ(finished.blocks, 5U);
  Digest digest;
  for (std::uint64_t index : {0U, 1U, 255U, 256U, 2'047U}) {
    auto expected = block(static_cast<std::uint32_t>(index));
    EXPECT_EQ(**content_->read_block(disk(finished, 1), index, &digest), expected);
    EXPECT_EQ(digest, digest::sha256(expected));
  }
  EXPECT_FALSE(content_->read_block(disk(finished, 1), 2, nullptr)->has_value());
}

TEST_F(ContentTest, makes_a_disk_of_zeros_of_nothing) {
  put("snap-1", 5, Bytes(kBlockBytes));
  auto finished = finish("snap-1", 64);
  EXPECT_FALSE(finished.root);
  EXPECT_EQ(finished.digest, hole_digest(3));
  EXPECT_EQ(finished.blocks, 0U);
}

TEST_F(ContentTest, names_equal_disks_equally_however_they_came_about) {
  put("snap-1", 1, block(1));
  put("snap-1", 300, block(2));
  auto direct = finish("snap-1", 1);
  put("snap-2", 1, block(9));
  put("snap-2", 2, block(3));
  auto parent = finish("snap-2", 1);
  put("snap-3", 1, block(1));
  put("snap-3", 2, Bytes(kBlockBytes));
  put("snap-3", 300, block(2));
  auto child = finish("snap-3", 1, parent);
  EXPECT_EQ(direct.root, child.root);
  EXPECT_EQ(direct.digest, child.digest);
  EXPECT_EQ(child.blocks, 2U);
}

TEST_F(ContentTest, erases_a_parents_block_by_a_block_of_zeros) {
  put("snap-1", 0, block(1));
  put("snap-1", 1, block(2));
  auto parent = finish("snap-1", 1);
  put("snap-2", 0, Bytes(kBlockBytes));
  auto child = finish("snap-2", 1, parent);
  EXPECT_FALSE(content_->read_block(disk(child, 1), 0, nullptr)->has_value());
  EXPECT_TRUE(content_->read_block(disk(child, 1), 1, nullptr)->has_value());
  EXPECT_EQ(child.blocks, 1U);
}

TEST_F(ContentTest, carries_a_parent_into_a_larger_disk) {
  put("snap-1", 7, block(1));
  auto parent = finish("snap-1", 1);
  put("snap-2", blocks_of(100) - 1, block(2));
  auto child = finish("snap-2", 100, parent);
  EXPECT_EQ(**content_->read_block(disk(child, 100), 7, nullptr), block(1));
  EXPECT_EQ(**content_->read_block(disk(child, 100), blocks_of(100) - 1, nullptr), block(2));
  auto changes = *content_->list_changes(disk(parent, 1), disk(child, 100), 0, 100);
  ASSERT_EQ(changes.entries.size(), 1U);
  EXPECT_EQ(changes.entries[0].index, blocks_of(100) - 1);
}

TEST_F(ContentTest, stores_a_known_block_once) {
  put("snap-1", 0, block(1));
  finish("snap-1", 1);
  auto before = stored_bytes();
  put("snap-2", 9, block(1));
  ASSERT_TRUE(store_->flush());
  EXPECT_LT(stored_bytes() - before, 1'000U);
}

TEST_F(ContentTest, lists_blocks_page_by_page) {
  for (std::uint64_t index = 0; index < 600; index += 3)
    put("snap-1", index, block(static_cast<std::uint32_t>(index % 7)));
  auto finished = finish("snap-1", 1);
  std::vector<std::uint64_t> seen;
  std::optional<std::uint64_t> from = 0;
  while (from) {
    auto page = *content_->list_blocks(disk(finished, 1), *from, 7);
    EXPECT_LE(page.entries.size(), 7U);
    for (auto const& entry : page.entries) seen.push_back(entry.index);
    from = page.next;
  }
  ASSERT_EQ(seen.size(), 200U);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i * 3);
}

TEST_F(ContentTest, sums_up_an_upload_with_the_last_put_of_each_block) {
  put("snap-1", 2, block(1));
  put("snap-1", 1, block(2));
  put("snap-1", 2, Bytes(kBlockBytes));
  auto summary = *content_->summarize({"snap-1"});
  EXPECT_EQ(summary.blocks, 2U);
  digest::Sha256 expected;
  expected.update(digest::sha256(block(2)).bytes).update(digest::sha256(Bytes(kBlockBytes)).bytes);
  EXPECT_EQ(summary.linear, expected.finish());
}

TEST_F(ContentTest, agrees_with_a_plain_map_over_random_versions) {
  std::mt19937 random(20261123);
  std::map<std::uint64_t, std::uint32_t> model;
  FinishedDisk last;
  for (int version = 0; version < 12; ++version) {
    auto upload = "snap-" + std::to_string(version);
    auto before = model;
    for (int i = 0; i < 20; ++i) {
      std::uint64_t index = random() % 2 == 0 ? random() % 20 : random() % blocks_of(40);
      auto seed = static_cast<std::uint32_t>(random() % 6);
      put(upload, index, seed == 0 ? Bytes(kBlockBytes) : block(seed));
      if (seed == 0) model.erase(index);
      if (seed != 0) model[index] = seed;
    }
    auto now = finish(upload, 40, last, 40);
    EXPECT_EQ(now.blocks, model.size());
    auto listed = *content_->list_blocks(disk(now, 40), 0, 10'000);
    ASSERT_EQ(listed.entries.size(), model.size());
    auto expected = model.begin();
    for (auto const& entry : listed.entries) {
      EXPECT_EQ(entry.index, expected->first);
      EXPECT_EQ(entry.reference.digest, digest::sha256(block((expected++)->second)));
    }
    std::size_t changed = 0;
    for (std::uint64_t index = 0; index < blocks_of(40); ++index) {
      auto a = before.contains(index) ? before[index] : 0;
      auto b = model.contains(index) ? model[index] : 0;
      changed += a != b ? 1U : 0U;
    }
    EXPECT_EQ(content_->list_changes(disk(last, 40), disk(now, 40), 0, 100'000)->entries.size(), changed);
    last = now;
  }
}

TEST(Blocks, go_through_their_stored_form_unchanged) {
  Bytes noise(kBlockBytes);
  system_entropy().fill(noise);
  auto stored = encode_block(noise, 1);
  EXPECT_EQ(stored.size(), store::kChunkHeaderBytes + kBlockBytes) << "what does not shrink is kept as it is";
  EXPECT_EQ(*decode_block(stored), noise);
  EXPECT_LT(encode_block(Bytes(kBlockBytes, std::byte{7}), 1).size(), 200U);
  EXPECT_EQ(*decode_block(encode_block(Bytes(kBlockBytes, std::byte{7}), 3)),
            Bytes(kBlockBytes, std::byte{7}));
}

TEST(Blocks, that_do_not_unpack_to_their_size_are_refused) {
  auto stored = encode_block(Bytes(kBlockBytes, std::byte{7}), 1);
  stored.resize(stored.size() - 3);
  EXPECT_EQ(decode_block(stored).error().fault, Fault::corrupt);
}

TEST(Heights, follow_from_the_volume_size) {
  EXPECT_EQ(height_of(1), 2);
  EXPECT_EQ(height_of(32), 2);
  EXPECT_EQ(height_of(33), 3);
  EXPECT_EQ(height_of(8 * 1'024), 3);
  EXPECT_EQ(height_of(64 * 1'024), 4);
}

}  // namespace
}  // namespace argosy::content
