#include "store/sweep.h"

#include <gtest/gtest.h>

#include "store/compaction.h"
#include "store/state.h"
#include "support/memory_store.h"

namespace argosy::store {
namespace {

using tests::stored_block;
using tests::stored_node;

class SweepTest : public tests::MemoryStore {
 protected:
  ChunkId put_node(std::uint8_t level, std::vector<ChunkId> const& children) {
    return put(stored_node(level, children));
  }
  /// A whole sweep with these roots.
  SweepResult sweep(std::vector<ChunkId> const& roots) {
    auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
    EXPECT_TRUE(*sweep->is_ready());
    for (auto const& root : roots) sweep->mark(1, root);
    finish([&] { return sweep->step(); });
    return sweep->result();
  }
  CompactionResult compact(Time now = {}, Duration grace = Duration{0}) {
    Compaction compaction(*store_, {.grace = grace});
    finish([&] { return compaction.step(now); });
    return compaction.result();
  }
  bool here(ChunkId const& id) { return *store_->contains(1, id); }
};

TEST_F(SweepTest, keeps_what_a_root_leads_to_and_drops_the_rest) {
  auto kept = put(stored_block("kept"));
  auto gone = put(stored_block("gone"));
  auto root = put_node(2, {put_node(1, {kept})});
  put_node(2, {put_node(1, {kept, gone})});
  auto result = sweep({root});
  EXPECT_EQ(result.dropped_chunks, 3U);
  EXPECT_EQ(result.kept_chunks, 3U);
  EXPECT_TRUE(here(root));
  EXPECT_TRUE(here(kept));
  EXPECT_FALSE(here(gone));
}

TEST_F(SweepTest, waits_for_work_that_began_before_it) {
  auto pin = std::make_unique<Store::Pin>(store_->pin());
  auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
  EXPECT_FALSE(*sweep->is_ready());
  auto later = store_->pin();
  EXPECT_FALSE(*sweep->is_ready());
  pin.reset();
  EXPECT_TRUE(*sweep->is_ready()) << "a pin that was taken since is no matter";
}

TEST_F(SweepTest, keeps_what_is_counted_on_while_it_runs_and_what_lies_below) {
  auto block = put(stored_block("one"));
  auto leaf = put_node(1, {block});
  auto root = put_node(2, {leaf});
  auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
  EXPECT_TRUE(*sweep->is_ready());
  for (int level = 4; level > 2; --level) EXPECT_FALSE(*sweep->step());
  EXPECT_FALSE(*sweep->step()) << "level 2: the root goes";
  EXPECT_FALSE(here(root));
  EXPECT_TRUE(here(leaf)) << "which counts on it, before its level is looked at";
  finish([&] { return sweep->step(); });
  EXPECT_TRUE(here(leaf));
  EXPECT_TRUE(here(block)) << "nobody asked for it by itself";
}

TEST_F(SweepTest, ends_when_another_one_begins) {
  put(stored_block("one"));
  auto first = *Sweep::begin(*store_, 1U << 20U, 1);
  auto second = *Sweep::begin(*store_, 1U << 20U, 2);
  Result<bool> done = false;
  while (done && !*done) done = first->step();
  EXPECT_EQ(done.error().fault, Fault::conflict);
}

TEST_F(SweepTest, drops_nothing_below_a_needed_node_that_cannot_be_read) {
  auto block = put(stored_block("one"));
  auto leaf = put_node(1, {block});
  auto root = put_node(2, {leaf});
  ASSERT_TRUE(store_->flush());
  flip(find(stored_node(1, {block})) + 20);
  auto result = sweep({root});
  EXPECT_EQ(result.spared.count(1), 1U);
  EXPECT_TRUE(*store_->get(1, block) == stored_block("one"));
}

TEST_F(SweepTest, is_safe_from_an_upload_whose_journal_names_a_chunk) {
  auto id = put(stored_block("one"), Placement{"snap-1", 0, {std::byte{1}}});
  auto result = sweep({id});
  EXPECT_EQ(result.dropped_chunks, 0U);
  EXPECT_EQ(compact().removed_bytes, 0U);
  EXPECT_EQ(store_->placements("snap-1", 0, 10)->size(), 1U);
}

TEST_F(SweepTest, forgets_a_lookup_row_with_its_chunk) {
  auto id = put(stored_block("one"));
  auto name = as_bytes("the name of the row");
  ASSERT_TRUE(store_->remember(1, name, id, as_bytes("sealed")));
  ASSERT_TRUE(store_->flush());
  sweep({});
  EXPECT_FALSE(*store_->recall(1, name));
}

TEST_F(SweepTest, counts_what_a_domain_stores) {
  auto kept = put(stored_block("kept"));
  put(stored_block("gone"));
  ASSERT_TRUE(store_->flush());
  auto bytes = static_cast<std::int64_t>(stored_block("kept").size());
  EXPECT_EQ((*store_->totals())[1].blocks, 2);
  EXPECT_EQ((*store_->totals())[1].block_bytes, 2 * bytes);
  sweep({kept});
  EXPECT_EQ((*store_->totals())[1].blocks, 1);
  EXPECT_EQ((*store_->totals())[1].stored_bytes, 2 * bytes) << "still in a pack";
  compact();
  EXPECT_EQ((*store_->totals())[1].stored_bytes, bytes);
}

TEST_F(SweepTest, rewrites_a_pack_of_which_little_is_live_and_removes_it_after_the_grace) {
  auto kept = put(stored_block("kept"));
  for (int i = 0; i < 9; ++i) put(stored_block("gone " + std::to_string(i)));
  sweep({kept});
  Time const now = Time{} + std::chrono::hours(1);
  auto retired = compact(now, std::chrono::hours(24));
  EXPECT_EQ(retired.removed_bytes, 0U);
  EXPECT_GT(retired.waiting_bytes, 0U);
  EXPECT_EQ(packs_->list()->size(), 2U);
  EXPECT_EQ(*store_->get(1, kept), stored_block("kept")) << "from its new place";
  EXPECT_EQ(compact(now + std::chrono::hours(23), std::chrono::hours(24)).removed_bytes, 0U);
  EXPECT_GT(compact(now + std::chrono::hours(25), std::chrono::hours(24)).removed_bytes, 0U);
  EXPECT_EQ(packs_->list()->size(), 1U);
  EXPECT_EQ(*store_->get(1, kept), stored_block("kept"));
  reopen();
  EXPECT_EQ(*store_->get(1, kept), stored_block("kept"));
}

TEST_F(SweepTest, names_no_pack_as_one_was_named_that_it_removed) {
  put(stored_block("gone"));
  sweep({});
  auto const name = packs_->list()->front().name;
  compact();
  ASSERT_TRUE(packs_->list()->empty());
  reopen();
  put(stored_block("next"));
  EXPECT_GT(packs_->list()->front().name, name);
}

TEST_F(SweepTest, names_no_pack_anew_of_which_a_rebuilt_index_heard_first) {
  put(stored_block("gone"));
  lose_index();
  sweep({});
  auto const name = packs_->list()->front().name;
  compact();
  ASSERT_TRUE(packs_->list()->empty());
  reopen();
  put(stored_block("next"));
  EXPECT_GT(packs_->list()->front().name, name);
}

TEST_F(SweepTest, never_removes_a_pack_in_which_something_is_needed_though_it_was_retired) {
  auto kept = put(stored_block("kept"));
  ASSERT_TRUE(store_->flush());
  ASSERT_TRUE(store_->state().write_index(
      [](sql::Transaction& tx, index::Sums&) { return index::retire_pack(tx, 1, Time{}); }));
  EXPECT_EQ(compact().removed_bytes, 0U);
  EXPECT_EQ(*store_->get(1, kept), stored_block("kept"));
  EXPECT_EQ(compact().waiting_bytes, 0U) << "it is a pack like others again";
}

TEST_F(SweepTest, rewrites_a_pack_of_more_chunks_than_are_looked_up_at_once) {
  std::vector<ChunkId> kept;
  for (int i = 0; i < 300; ++i) kept.push_back(put(stored_block("kept " + std::to_string(i))));
  for (int i = 0; i < 700; ++i) put(stored_block("gone " + std::to_string(i)));
  sweep(kept);
  auto const result = compact();
  EXPECT_GT(result.removed_bytes, result.moved_bytes);
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(*store_->get(1, kept[static_cast<std::size_t>(i)]), stored_block("kept " + std::to_string(i)));
}

TEST_F(SweepTest, leaves_a_pack_alone_that_is_mostly_live) {
  std::vector<ChunkId> kept;
  for (int i = 0; i < 9; ++i) kept.push_back(put(stored_block(std::string(1'000, 'a') + std::to_string(i))));
  put(stored_block("gone"));
  sweep(kept);
  EXPECT_EQ(compact().moved_bytes, 0U);
}

TEST_F(SweepTest, is_not_undone_by_a_lost_index) {
  auto kept = put(stored_block("kept"));
  auto gone = put(stored_block(std::string(10'000, 'g')));
  sweep({kept});
  compact();
  lose_index();
  EXPECT_TRUE(here(kept));
  EXPECT_FALSE(here(gone));
}

}  // namespace
}  // namespace argosy::store
