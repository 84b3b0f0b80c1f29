// Encrypted uploads, and disks that are read with the key of their root.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "content/content.h"

namespace argosy::content {
namespace {

constexpr auto kSealed = store::Sealing::aes_256_gcm;

class EncryptedTest : public testing::Test {
 protected:
  void SetUp() override {
    packs_ = bucket::open_memory();
    sessions_ =
        std::make_unique<sql::Pool>([] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1);
    store_ = *store::Store::open(*packs_, *sessions_, {});
    content_ = std::make_unique<Content>(*store_, Options{}, system_entropy());
  }
  static Bytes block(std::uint32_t seed) {
    Bytes out(kBlockBytes);
    std::mt19937 generator(seed);
    for (std::size_t i = 0; i < out.size(); i += 64) out[i] = static_cast<std::byte>(generator() | 1U);
    return out;
  }
  static Upload encrypted(std::string id) { return {std::move(id), crypto::Key::random(system_entropy())}; }
  void put(Upload const& upload, std::uint64_t index, Bytes const& data) {
    auto done = content_->put_block(domain_, upload, index, data, digest::sha256(data));
    ASSERT_TRUE(done) << done.error().message;
  }
  FinishedDisk finish(Upload const& upload, std::int64_t size, FinishedDisk const& parent = {}) {
    auto disk = content_->finish(domain_, upload, size, parent.root, size);
    EXPECT_TRUE(disk) << disk.error().message;
    return *disk;
  }
  FinishedDisk make(Upload const& upload, std::map<std::uint64_t, std::uint32_t> const& blocks,
                    std::int64_t size = 1, FinishedDisk const& parent = {}) {
    for (auto const& [index, seed] : blocks) put(upload, index, seed == 0 ? Bytes(kBlockBytes) : block(seed));
    return finish(upload, size, parent);
  }
  Disk disk(FinishedDisk const& finished, std::int64_t size = 1) const {
    return {domain_.number, finished.root, size};
  }
  std::uint64_t stored_bytes() {
    EXPECT_TRUE(store_->flush());
    std::uint64_t total = 0;
    auto objects = *packs_->list();
    for (auto const& object : objects) total += object.size_bytes;
    return total;
  }
  /// Everything that was written to packs.
  Bytes written() {
    Bytes all;
    auto objects = *packs_->list();
    for (auto const& object : objects) {
      Bytes bytes(object.size_bytes);
      EXPECT_TRUE(packs_->read(object.name, 0, bytes));
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
  }
  static bool holds(Bytes const& all, ByteView part) { return !std::ranges::search(all, part).empty(); }
  std::unique_ptr<bucket::Bucket> packs_;
  std::unique_ptr<sql::Pool> sessions_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Content> content_;
  Domain domain_{111122223333, crypto::Key::random(system_entropy())};
};

TEST_F(EncryptedTest, gives_back_every_block_of_a_disk_to_who_holds_the_key_of_its_root) {
  auto const made = make(encrypted("snap-1"), {{0, 1}, {255, 2}, {256, 3}, {2'047, 4}, {9, 0}});
  EXPECT_EQ(made.blocks, 4U);
  ASSERT_TRUE(made.root->key);
  Digest digest;
  EXPECT_EQ(**content_->read_block(disk(made), 256, &digest), block(3));
  EXPECT_EQ(digest, digest::sha256(block(3)));
  EXPECT_FALSE(content_->read_block(disk(made), 9, nullptr)->has_value());
  EXPECT_EQ(content_->list_blocks(disk(made), 0, 100)->entries.size(), 4U);
}

TEST_F(EncryptedTest, gives_nothing_to_who_does_not_hold_the_key_whoever_read_it_before) {
  auto const made = make(encrypted("snap-1"), {{0, 1}, {300, 2}});
  auto const mine = disk(made);
  ASSERT_TRUE(content_->read_block(mine, 0, nullptr)) << "its nodes are in memory now";
  auto without = mine;
  without.root = Reference{mine.root->id, mine.root->digest};
  auto wrong = mine;
  wrong.root->key = crypto::Key::random(system_entropy());
  auto other_digest = mine;
  other_digest.root->digest = hole_digest(2);
  for (auto const& refused : {without, wrong, other_digest}) {
    EXPECT_EQ(content_->read_block(refused, 0, nullptr).error().fault, Fault::corrupt);
    EXPECT_EQ(content_->list_blocks(refused, 0, 10).error().fault, Fault::corrupt);
    EXPECT_EQ(content_->node(domain_.number, *refused.root).error().fault, Fault::corrupt);
  }
  EXPECT_TRUE(content_->read_block(mine, 0, nullptr));
}

TEST_F(EncryptedTest, names_equal_disks_equally_however_they_came_about) {
  auto const direct = make(encrypted("snap-1"), {{1, 1}, {300, 2}});
  auto const parent = make(encrypted("snap-2"), {{1, 9}, {2, 3}});
  auto const child = make(encrypted("snap-3"), {{1, 1}, {2, 0}, {300, 2}}, 1, parent);
  EXPECT_EQ(direct.root, child.root);
  EXPECT_EQ(direct.digest, make({"snap-4"}, {{1, 1}, {300, 2}}).digest)
      << "digests are those of the plaintext";
}

TEST_F(EncryptedTest, says_what_changed_across_keys_and_forms) {
  auto const open = make({"snap-1"}, {{1, 1}, {300, 2}, {301, 3}});
  auto const sealed = make(encrypted("snap-2"), {{1, 1}, {300, 2}, {301, 4}});
  auto elsewhere = domain_of_key(domain_, "another key");
  std::swap(domain_, elsewhere);
  auto const other = make(encrypted("snap-3"), {{1, 5}, {300, 2}, {301, 4}});
  std::swap(domain_, elsewhere);
  auto const changed = [&](FinishedDisk const& a, FinishedDisk const& b) {
    auto page = content_->list_changes(disk(a), disk(b), 0, 100);
    EXPECT_TRUE(page) << page.error().message;
    std::vector<std::uint64_t> out;
    for (auto const& entry : page->entries) out.push_back(entry.index);
    return out;
  };
  EXPECT_EQ(changed(open, sealed), (std::vector<std::uint64_t>{301}));
  EXPECT_EQ(changed(sealed, other), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(changed(sealed, sealed), std::vector<std::uint64_t>{});
}

TEST_F(EncryptedTest, neither_compresses_nor_encrypts_a_known_block_again) {
  auto const first = make(encrypted("snap-1"), {{0, 1}});
  auto const before = stored_bytes();
  content_ = std::make_unique<Content>(*store_, Options{.zstd_level = 9}, system_entropy());
  put(encrypted("snap-2"), 0, block(1));
  EXPECT_LT(stored_bytes() - before, 1'000U) << "another level would have made other bytes";
  auto const second = make(encrypted("snap-3"), {{0, 1}});
  EXPECT_EQ(second.root, first.root);
}

TEST_F(EncryptedTest, knows_the_forms_of_a_block_apart) {
  put({"snap-1"}, 0, block(1));
  auto const before = stored_bytes();
  auto const sealed = make(encrypted("snap-2"), {{0, 1}});
  EXPECT_GT(stored_bytes() - before, 5'000U) << "an open chunk is no part of an encrypted disk";
  EXPECT_TRUE(content_->lookup().find(domain_, sealed.digest, kSealed)->has_value());
  EXPECT_FALSE(content_->lookup().find(domain_, sealed.digest, store::Sealing::none)->has_value());
  EXPECT_FALSE(content_->lookup().find(domain_of_key(domain_, "k"), sealed.digest, kSealed)->has_value());
}

TEST_F(EncryptedTest, seals_no_disk_in_part) {
  auto const open = make({"snap-1"}, {{0, 1}});
  auto const sealed = make(encrypted("snap-2"), {{0, 1}});
  auto const upload = encrypted("snap-3");
  put(upload, 1, block(2));
  put({"snap-4"}, 1, block(2));
  EXPECT_EQ(content_->finish(domain_, upload, 1, open.root, 1).error().fault, Fault::invalid);
  EXPECT_EQ(content_->finish(domain_, {"snap-4"}, 1, sealed.root, 1).error().fault, Fault::invalid);
}

TEST_F(EncryptedTest, opens_a_journal_with_the_key_of_its_upload_alone) {
  auto const upload = encrypted("snap-1");
  put(upload, 2, block(1));
  put(upload, 1, Bytes(kBlockBytes));
  auto const summary = *content_->summarize(upload);
  EXPECT_EQ(summary.blocks, 2U);
  digest::Sha256 expected;
  expected.update(hole_digest(0).bytes).update(digest::sha256(block(1)).bytes);
  EXPECT_EQ(summary.linear, expected.finish());
  for (auto const& other : {encrypted("snap-1"), Upload{"snap-1"}}) {
    EXPECT_EQ(content_->summarize(other).error().fault, Fault::corrupt);
    EXPECT_EQ(content_->finish(domain_, other, 1, std::nullopt, 1).error().fault, Fault::corrupt);
  }
  put({"snap-2"}, 0, block(1));
  EXPECT_EQ(content_->summarize({"snap-2", upload.key}).error().fault, Fault::corrupt);
}

TEST_F(EncryptedTest, writes_no_plaintext_no_digest_and_no_key) {
  Bytes plain(kBlockBytes);
  system_entropy().fill(plain);
  auto const upload = encrypted("snap-1");
  put(upload, 0, plain);
  auto const made = finish(upload, 1);
  ASSERT_TRUE(store_->flush());
  auto const leaf = content_->list_blocks(disk(made), 0, 1)->entries.front().reference;
  auto const all = written();
  ASSERT_GT(all.size(), kBlockBytes);
  EXPECT_TRUE(holds(all, leaf.id.bytes)) << "this is how it would be found";
  EXPECT_FALSE(holds(all, ByteView(plain).first(32)));
  for (auto const& reference : {leaf, *made.root}) {
    EXPECT_FALSE(holds(all, reference.digest.bytes));
    EXPECT_FALSE(holds(all, reference.key->bytes()));
  }
  EXPECT_FALSE(holds(all, upload.key->bytes()));
  EXPECT_FALSE(holds(all, domain_.secret.bytes()));
}

TEST_F(EncryptedTest, agrees_with_a_plain_map_over_random_versions) {
  std::mt19937 random(20261126);
  std::map<std::uint64_t, std::uint32_t> model;
  FinishedDisk last;
  for (int version = 0; version < 8; ++version) {
    std::map<std::uint64_t, std::uint32_t> changes;
    for (int i = 0; i < 20; ++i) {
      std::uint64_t const index = random() % 2 == 0 ? random() % 20 : random() % blocks_of(40);
      changes[index] = static_cast<std::uint32_t>(random() % 6);
    }
    auto const now = make(encrypted("snap-" + std::to_string(version)), changes, 40, last);
    for (auto const& [index, seed] : changes) {
      model[index] = seed;
      if (seed == 0) model.erase(index);
    }
    EXPECT_EQ(now.blocks, model.size());
    auto const listed = *content_->list_blocks(disk(now, 40), 0, 10'000);
    ASSERT_EQ(listed.entries.size(), model.size());
    auto expected = model.begin();
    for (auto const& entry : listed.entries) {
      EXPECT_EQ(entry.index, expected->first);
      EXPECT_EQ(**content_->read_block(disk(now, 40), entry.index, nullptr), block((expected++)->second));
    }
    last = now;
  }
}

}  // namespace
}  // namespace argosy::content
