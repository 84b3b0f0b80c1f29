#include "store/scrub.h"

#include <gtest/gtest.h>

#include <future>

#include "store/survey.h"
#include "store/sweep.h"
#include "store/writers.h"
#include "support/memory_store.h"

namespace argosy::store {
namespace {

using tests::stored_block;
using tests::stored_node;

class ScrubTest : public tests::MemoryStore {
 protected:
  void SetUp() override {
    reopen();
    for (int i = 0; i < 3; ++i) blocks_.push_back(put(stored_block("block " + std::to_string(i))));
    leaf_ = put(stored_node(1, blocks_));
    root_ = put(stored_node(2, {leaf_}));
    ASSERT_TRUE(store_->flush());
  }
  void seal() {
    store_.reset();
    options_.pack_bytes = 1;
    reopen();
    put(stored_block("the last one"));  // fills the pack
    ASSERT_TRUE(store_->flush());
    ASSERT_TRUE(packs_->list()->front().sealed);
    options_.pack_bytes = StoreOptions().pack_bytes;
    reopen();
  }
  ScrubResult scrub() {
    Scrub scrub(*store_);
    finish([&] { return scrub.step({}); });
    return scrub.result();
  }
  bool root_is_affected() {
    Survey survey(*store_);
    finish([&] { return survey.step(); });
    return *survey.affects(1, root_);
  }
  void expect_everything_whole() {
    for (std::size_t i = 0; i < blocks_.size(); ++i)
      EXPECT_EQ(*store_->get(1, blocks_[i]), stored_block("block " + std::to_string(i)));
    EXPECT_TRUE(*store_->contains(1, root_));
  }

  std::vector<ChunkId> blocks_;
  ChunkId leaf_;
  ChunkId root_;
};

TEST_F(ScrubTest, finds_nothing_where_nothing_is_wrong) {
  auto result = scrub();
  EXPECT_EQ(result.chunks, 5U);
  EXPECT_EQ(result.damaged_chunks + result.damaged_packs + result.missing_packs, 0U);
  EXPECT_FALSE(root_is_affected());
  seal();
  result = scrub();
  EXPECT_EQ(result.chunks, 6U);
  EXPECT_EQ(result.damaged_chunks + result.damaged_packs + result.missing_packs, 0U);
}

TEST_F(ScrubTest, finds_a_flipped_bit_of_a_block_and_whom_it_concerns_and_it_heals) {
  flip(find(stored_block("block 1")) + 15);
  EXPECT_EQ(scrub().damaged_chunks, 1U);
  EXPECT_TRUE(root_is_affected());
  EXPECT_EQ(store_->get(1, blocks_[1]).error().fault, Fault::not_found) << "never what it is not";
  EXPECT_EQ(scrub().damaged_chunks, 0U) << "it is known";
  put(stored_block("block 1"));
  ASSERT_TRUE(store_->flush());
  EXPECT_FALSE(root_is_affected());
  expect_everything_whole();
}

TEST_F(ScrubTest, reads_every_chunk_of_a_pack_of_more_than_are_looked_up_at_once) {
  for (int i = 0; i < 1'000; ++i) put(stored_block("small " + std::to_string(i)));
  ASSERT_TRUE(store_->flush());
  flip(find(stored_block("small 500")) + 15);
  auto result = scrub();
  EXPECT_EQ(result.chunks, 1'005U);
  EXPECT_EQ(result.damaged_chunks, 1U);
}

TEST_F(ScrubTest, finds_a_flipped_bit_of_a_node_of_each_level) {
  flip(find(stored_node(1, blocks_)) + 50);
  EXPECT_EQ(scrub().damaged_chunks, 1U);
  EXPECT_TRUE(root_is_affected());
  put(stored_node(1, blocks_));
  flip(find(stored_node(2, {leaf_})) + 50);
  EXPECT_EQ(scrub().damaged_chunks, 1U);
  EXPECT_TRUE(root_is_affected());
  put(stored_node(2, {leaf_}));
  EXPECT_FALSE(root_is_affected());
  expect_everything_whole();
}

/// What a rebuilt index would be made from is written again before it is needed: magic, kind, lengths,
/// domain, id, sequence, checksum.
class DamagedHead : public ScrubTest, public testing::WithParamInterface<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(, DamagedHead, testing::Values(0, 5, 6, 9, 20, 30, 60, 65));

TEST_P(DamagedHead, lets_the_pack_be_written_again) {
  seal();
  flip(find(stored_block("block 1")) - kRecordHeaderBytes + GetParam());
  auto result = scrub();
  EXPECT_EQ(result.damaged_packs, 1U);
  EXPECT_EQ(result.damaged_chunks, 0U);
  EXPECT_EQ(scrub().damaged_packs, 0U) << "nothing of the old pack is needed now";
  expect_everything_whole();
  lose_index();
  expect_everything_whole();
}

TEST_P(DamagedHead, hides_nothing_when_the_index_is_lost_before_anybody_looks) {
  seal();
  flip(find(stored_block("block 1")) - kRecordHeaderBytes + GetParam());
  lose_index();
  expect_everything_whole();
}

TEST_P(DamagedHead, of_a_pack_that_was_being_written_hides_no_chunk_when_the_index_is_lost) {
  ASSERT_TRUE(store_->put(1, {digest::sha256(stored_block("last")), stored_block("last")},
                          Placement{"snap-1", 0, {}}));
  flip(find(stored_block("block 1")) - kRecordHeaderBytes + GetParam());
  lose_index();
  EXPECT_TRUE(store_->journal_damaged());
  EXPECT_EQ(*store_->get(1, blocks_[0]), stored_block("block 0"));
  EXPECT_EQ(*store_->get(1, blocks_[2]), stored_block("block 2")) << "what lies behind it is there";
  EXPECT_EQ(*store_->get(1, digest::sha256(stored_block("last"))), stored_block("last"));
  EXPECT_FALSE(*store_->contains(1, root_)) << "a block is missing";
  EXPECT_TRUE(store_->placements("snap-1", 0, 10)->empty()) << "a journal behind damage is not believed";
  reopen();
  EXPECT_TRUE(store_->journal_damaged()) << "until somebody has seen to it";
  ASSERT_TRUE(store_->forget_journal_damage());
  reopen();
  EXPECT_FALSE(store_->journal_damaged());
}

TEST_P(DamagedHead, costs_a_pack_that_is_being_written_nothing_that_the_index_knows) {
  flip(find(stored_block("block 1")) - kRecordHeaderBytes + GetParam());
  expect_everything_whole();
  put(stored_block("one more"));
  EXPECT_EQ(scrub().damaged_packs, 1U);
  EXPECT_EQ(scrub().damaged_packs, 0U);
  lose_index();
  expect_everything_whole();
}

TEST_F(ScrubTest, writes_a_pack_again_whose_table_or_trailer_is_damaged) {
  seal();
  auto const size = pack().size();
  for (auto offset : {size - kTrailerBytes + 3, size - kTrailerBytes - 20}) {
    flip(offset);
    EXPECT_EQ(scrub().damaged_packs, 1U);
    EXPECT_EQ(scrub().damaged_packs, 0U);
    expect_everything_whole();
    lose_index();
    expect_everything_whole();
  }
}

TEST_F(ScrubTest, tells_a_pack_that_is_missing_and_everything_in_it) {
  seal();
  ASSERT_TRUE(packs_->remove(packs_->list()->front().name));
  auto result = scrub();
  EXPECT_EQ(result.missing_packs, 1U);
  EXPECT_EQ(result.damaged_chunks, 6U);
  EXPECT_TRUE(root_is_affected());
  EXPECT_EQ(scrub().missing_packs, 0U) << "what it held is known as damaged, and that is all there is to say";
  EXPECT_TRUE(root_is_affected());
}

TEST_F(ScrubTest, lets_what_was_lost_with_a_pack_be_stored_again_after_a_start) {
  seal();
  ASSERT_TRUE(packs_->remove(packs_->list()->front().name));
  scrub();
  reopen();
  for (int i = 0; i < 3; ++i) put(stored_block("block " + std::to_string(i)));
  put(stored_block("the last one"));  // no node counts as whole while anything is damaged
  put(stored_node(1, blocks_));
  put(stored_node(2, {leaf_}));
  ASSERT_TRUE(store_->flush());
  expect_everything_whole();
}

TEST_F(ScrubTest, tells_a_pack_that_was_cut_short) {
  seal();
  auto all = pack();
  all.resize(find(stored_block("block 2")) + 3);
  replace_pack(all);
  EXPECT_EQ(store_->pack_totals()->damaged_chunks, 4) << "block 2, both nodes, the last one";
  EXPECT_EQ(store_->damage_found(), 4U) << "the start tells";
  auto const result = scrub();
  EXPECT_EQ(result.damaged_chunks, 0U);
  EXPECT_EQ(result.damaged_packs, 1U) << "its table is gone";
  EXPECT_EQ(*store_->get(1, blocks_[0]), stored_block("block 0"));
  reopen();
  EXPECT_EQ(store_->damage_found(), 0U) << "it is known";
}

TEST_F(ScrubTest, is_not_needed_to_store_again_what_a_start_finds_missing) {
  seal();
  store_.reset();
  auto const object = packs_->list()->front();
  auto const all = pack();
  ASSERT_TRUE(packs_->remove(object.name));
  reopen();
  EXPECT_EQ(store_->damage_found(), 6U);
  EXPECT_TRUE(root_is_affected());
  EXPECT_FALSE(*store_->contains(1, root_));
  EXPECT_FALSE(*store_->contains(1, blocks_[1]));
  put(stored_block("block 1"));
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(*store_->get(1, blocks_[1]), stored_block("block 1"));
  store_.reset();  // and the pack is found again
  auto writer = *packs_->create(object.name);
  ASSERT_TRUE(writer->append(all));
  ASSERT_TRUE(writer->seal());
  reopen();
  EXPECT_EQ(store_->pack_totals()->damaged_chunks, 0);
  expect_everything_whole();
}

/// Calls once, when something is read.
class Noticing final : public bucket::Bucket {
 public:
  explicit Noticing(std::unique_ptr<bucket::Bucket> below) : below_(std::move(below)) {}
  std::function<void()> on_read;

  Result<std::unique_ptr<bucket::Writer>> create(std::string_view name) override {
    return below_->create(name);
  }
  Result<std::unique_ptr<bucket::Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                                 std::uint64_t durable_bytes) override {
    return below_->reopen(name, size_bytes, durable_bytes);
  }
  Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) override {
    if (auto const call = std::exchange(on_read, nullptr)) call();
    return below_->read(name, offset_bytes, out);
  }
  Result<bucket::Object> find(std::string_view name) override { return below_->find(name); }
  Result<std::vector<bucket::Object>> list() override { return below_->list(); }
  Result<void> remove(std::string_view name) override { return below_->remove(name); }

 private:
  std::unique_ptr<bucket::Bucket> below_;
};

TEST_F(ScrubTest, takes_what_a_collection_drops_beside_it_for_no_damage) {
  seal();
  store_.reset();
  auto noticing = std::make_unique<Noticing>(std::move(packs_));
  auto& disk = *noticing;
  packs_ = std::move(noticing);
  reopen();
  std::future<void> collecting;
  disk.on_read = [&] {
    collecting = std::async(std::launch::async, [&] {
      auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
      finish([&] { return sweep->is_ready(); });
      finish([&] { return sweep->step(); });
      Compaction compaction(*store_, {.grace = Duration{0}});
      finish([&] { return compaction.step({}); });
    });
    collecting.wait_for(std::chrono::milliseconds(200));  // it would come far, if nothing held it up
  };
  auto const result = scrub();
  collecting.get();
  EXPECT_EQ(result.chunks, 6U);
  EXPECT_EQ(result.damaged_chunks + result.damaged_packs + result.missing_packs, 0U);
  EXPECT_EQ(store_->pack_totals()->damaged_chunks, 0);
  EXPECT_TRUE(packs_->list()->empty()) << "everything was garbage";
}

TEST_F(ScrubTest, shows_what_a_rebuilt_index_could_not_find) {
  seal();
  flip(find(stored_block("block 1")) + 15);
  lose_index();
  EXPECT_FALSE(*store_->contains(1, blocks_[1]));
  EXPECT_TRUE(root_is_affected());
  EXPECT_FALSE(*store_->contains(1, root_));
  EXPECT_EQ(*store_->get(1, blocks_[2]), stored_block("block 2")) << "what lies behind it is there";
}

}  // namespace
}  // namespace argosy::store
