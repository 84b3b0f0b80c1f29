// A store on a disk whose calls fail and whose power goes.
#include <gtest/gtest.h>

#include "store/compaction.h"
#include "store/scrub.h"
#include "store/sweep.h"
#include "support/chunks.h"
#include "support/disk.h"

namespace argosy::store {
namespace {

using tests::Leaves;
using tests::stored_block;

class FailingDisk : public testing::Test {
 protected:
  void SetUp() override {
    tests::register_disk_vfs();
    ASSERT_TRUE(open());
  }
  void TearDown() override { close(); }
  Result<void> open() {
    auto const index = disk_.folder() + "/index.db";
    TRY(sql::settle_sqlite(index));
    packs_ = disk_.open_bucket("packs");
    sessions_ =
        std::make_unique<sql::Pool>([index] { return sql::open_sqlite(index, sql::Durability::full); }, 1);
    store_ = TRY(Store::open(*packs_, *sessions_, options_));
    return {};
  }
  void close() {
    store_.reset();
    sessions_.reset();
  }
  void kill() {
    disk_.kill();
    close();
    ASSERT_TRUE(open());
  }
  ChunkId put(std::string_view text, std::optional<Placement> placement = std::nullopt) {
    auto const stored = stored_block(text);
    NewChunk const chunk{digest::sha256(stored), stored};
    auto done = store_->put(1, chunk, std::move(placement));
    EXPECT_TRUE(done) << done.error().message;
    return chunk.id;
  }
  /// Nothing is needed but what `kept` says.
  void sweep(std::vector<ChunkId> const& kept) {
    auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
    ASSERT_TRUE(*sweep->is_ready());
    for (auto const& id : kept) sweep->mark(1, id);
    while (!*sweep->step()) {
    }
  }
  void compact(Time now) {
    Compaction compaction(*store_, {});
    while (!*compaction.step(now)) {
    }
  }
  std::string pack() { return packs_->list()->front().name; }
  std::uint64_t find(ByteView bytes) {
    Bytes all(packs_->find(pack())->size_bytes);
    EXPECT_TRUE(packs_->read(pack(), 0, all));
    auto const found = std::ranges::search(all, bytes);
    EXPECT_FALSE(found.empty());
    return static_cast<std::uint64_t>(found.begin() - all.begin());
  }
  /// A sector of the first pack can no longer be read.
  void spoil(std::uint64_t offset) { disk_.spoil(disk_.folder() + "/packs/" + pack(), offset, 1); }
  ScrubResult scrub() {
    Scrub scrub(*store_);
    while (!*scrub.step({})) {
    }
    return scrub.result();
  }

  tests::Disk disk_;
  StoreOptions options_;
  std::unique_ptr<bucket::Bucket> packs_;
  std::unique_ptr<sql::Pool> sessions_;
  std::unique_ptr<Store> store_;
};

TEST_F(FailingDisk, has_a_pack_given_up_and_retired_which_no_start_writes_on) {
  put("durable");
  ASSERT_TRUE(store_->flush());
  put("not durable yet");
  disk_.fail_call(1);  // the sync
  ASSERT_TRUE(store_->flush()) << "into another pack";
  Time const retired = Time{} + std::chrono::hours(1);
  sweep({});
  compact(retired);
  kill();
  auto const later = put("put within the grace");
  ASSERT_TRUE(store_->flush());
  compact(retired + std::chrono::hours(25));
  EXPECT_TRUE(packs_->find("0000000000000001.pack").error().fault == Fault::not_found) << "its grace ended";
  auto const stored = store_->get(1, later);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(*stored, stored_block("put within the grace"));
}

TEST_F(FailingDisk, tells_in_a_scrub_what_cannot_be_read_and_goes_on_to_the_rest) {
  auto const first = put("first");
  auto const second = put("second");
  ASSERT_TRUE(store_->flush());
  spoil(find(stored_block("first")) + 5);
  auto const found = scrub();
  EXPECT_EQ(found.damaged_chunks, 1U);
  EXPECT_FALSE(*store_->contains(1, first)) << "whoever has it stores it anew";
  EXPECT_TRUE(*store_->contains(1, second));
  put("first");
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(*store_->get(1, first), stored_block("first"));
  EXPECT_EQ(scrub().damaged_chunks, 0U);
}

TEST_F(FailingDisk, collects_what_lies_around_what_cannot_be_read) {
  auto const first = put("first");
  auto const second = put("second");
  for (int i = 0; i < 9; ++i) put("gone " + std::to_string(i));
  ASSERT_TRUE(store_->flush());
  spoil(find(stored_block("first")) + 5);
  sweep({first, second});
  compact(Time{} + std::chrono::hours(1));
  compact(Time{} + std::chrono::hours(26));
  EXPECT_EQ(packs_->find("0000000000000001.pack").error().fault, Fault::not_found);
  EXPECT_EQ(*store_->get(1, second), stored_block("second"));
  EXPECT_EQ(store_->pack_totals()->damaged_chunks, 1);
}

TEST_F(FailingDisk, may_fail_at_any_call_of_a_start_and_then_lose_its_power_and_nothing_lost_counts_as_here) {
  for (int n = 1, reached = true; reached; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    ASSERT_LT(n, 200);
    auto const text = "put before a kill " + std::to_string(n);
    auto const id = put(text);
    disk_.kill();
    close();
    auto const calls = disk_.calls();
    disk_.fail_call(n, 1'000'000);
    (void)open();
    reached = disk_.calls() - calls >= n;
    std::mt19937 random(static_cast<unsigned>(n));
    disk_.repair();
    disk_.lose_power(Leaves::nothing, random);
    close();
    ASSERT_TRUE(open());
    if (*store_->contains(1, id)) {
      auto const stored = store_->get(1, id);
      ASSERT_TRUE(stored) << stored.error().message;
    }
    put(text);
    ASSERT_TRUE(store_->flush());
    EXPECT_EQ(*store_->get(1, id), stored_block(text));
  }
}

TEST_F(FailingDisk, may_fail_at_any_call_of_a_flush_and_a_pack_is_sealed_once) {
  options_.pack_bytes = 1;  // each append fills one
  kill();
  for (int n = 1, reached = true; reached; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    ASSERT_LT(n, 200);
    auto const text = "fills a pack " + std::to_string(n);
    put(text);
    auto const calls = disk_.calls();
    disk_.fail_call(n);
    (void)store_->flush();
    reached = disk_.calls() - calls >= n;
    disk_.repair();
    ASSERT_TRUE(store_->flush());
    auto const found = scrub();
    EXPECT_EQ(found.chunks, static_cast<std::uint64_t>(n));
    EXPECT_EQ(found.damaged_chunks + found.damaged_packs, 0U);
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(FailingDisk, forgets_a_long_journal_piece_by_piece_so_that_a_flush_comes_in_between) {
  constexpr std::size_t kBlocks = 20'000;
  for (std::string const upload : {"snap-1", "snap-2"})
    for (std::uint64_t block = 0; block < kBlocks; ++block)
      ASSERT_TRUE(store_->place(1, Placement{upload, block, {}}));
  ASSERT_TRUE(store_->flush());
  auto const calls = disk_.calls();
  ASSERT_TRUE(store_->remove_placements("snap-1"));
  EXPECT_TRUE(store_->placements("snap-1", 0, 1)->empty());
  disk_.fail_call(3 * (disk_.calls() - calls) / 4, 1'000'000);
  EXPECT_FALSE(store_->remove_placements("snap-2"));
  disk_.repair();
  auto const left = store_->placements("snap-2", 0, kBlocks)->size();
  EXPECT_GT(left, 0U);
  EXPECT_LT(left, kBlocks);
  ASSERT_TRUE(store_->remove_placements("snap-2"));
  EXPECT_TRUE(store_->placements("snap-2", 0, 1)->empty());
}

/// In a head or in a payload; whether the index knows of the pack at all.
class Unreadable : public FailingDisk, public testing::WithParamInterface<std::tuple<int, bool>> {};
INSTANTIATE_TEST_SUITE_P(, Unreadable, testing::Combine(testing::Values(-40, 5), testing::Bool()));

TEST_P(Unreadable, bytes_of_a_pack_that_was_being_written_keep_no_start_from_what_lies_around_them) {
  auto const [offset, known] = GetParam();
  put("known");
  if (known) {
    ASSERT_TRUE(store_->flush());
  }
  std::string const long_text(2'000, 'a');
  auto const before = put(long_text + "before");
  auto const spoilt = put("spoilt");
  put(long_text);
  auto const behind = put("behind");
  spoil(find(stored_block("spoilt")) + static_cast<std::uint64_t>(std::int64_t{offset}));
  auto const size_bytes = packs_->find(pack())->size_bytes;
  kill();
  EXPECT_EQ(*store_->get(1, before), stored_block(long_text + "before"));
  EXPECT_FALSE(*store_->contains(1, spoilt));
  EXPECT_EQ(*store_->get(1, behind), stored_block("behind"));
  EXPECT_EQ(packs_->find(pack())->size_bytes, size_bytes) << "nothing is cut off";
  EXPECT_TRUE(store_->journal_damaged());
}

}  // namespace
}  // namespace argosy::store
