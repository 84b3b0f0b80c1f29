// What one caller of a store does between two steps of another.
#include <gtest/gtest.h>

#include <future>

#include "store/compaction.h"
#include "store/state.h"
#include "store/sweep.h"
#include "support/chunks.h"
#include "support/folder.h"
#include "support/session.h"

namespace argosy::store {
namespace {

using tests::stored_block;
using tests::stored_node;

class Races : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void TearDown() override {
    watch_.on_query(nullptr);
    watch_.on_write(nullptr);
    watch_.on_answer("", nullptr);
  }
  void reopen() {
    store_.reset();
    store_ = *Store::open(*packs_, sessions_, options_);
  }
  ChunkId put(Bytes const& stored) {
    NewChunk const chunk{digest::sha256(stored), stored};
    EXPECT_TRUE(store_->put(1, chunk, std::nullopt));
    return chunk.id;
  }
  std::optional<ChunkRow> find(ChunkId const& id) {
    return *store_->state().read_index([&](sql::Transaction& tx) { return index::find_chunk(tx, 1, id); });
  }

  /// A whole sweep; nothing is needed but `root`.
  void sweep(ChunkId const& root) {
    auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
    EXPECT_TRUE(*sweep->is_ready());
    sweep->mark(1, root);
    while (!*sweep->step()) {
    }
  }
  /// Removes at once what nothing needs; somebody counts on `id` at every moment at which something is
  /// written.
  void compact_while_counting_on(ChunkId const& id) {
    watch_.on_write([&] { EXPECT_TRUE(*store_->contains(1, id)); });
    Compaction compaction(*store_, {.grace = Duration{0}});
    while (!*compaction.step({})) {
    }
    watch_.on_write(nullptr);
    EXPECT_GT(compaction.result().removed_bytes, 0U);
  }

  tests::Folder const folder_;
  tests::Watch watch_;
  StoreOptions options_;
  std::unique_ptr<bucket::Bucket> packs_ = bucket::open_memory();
  sql::Pool sessions_{[this]() -> Result<std::unique_ptr<sql::Session>> {
                        auto session = TRY(sql::open_sqlite(folder_ / "index.db", sql::Durability::process));
                        return std::make_unique<tests::WatchedSession>(std::move(session), watch_);
                      },
                      4};
  std::unique_ptr<Store> store_;
};

TEST_F(Races, many_nodes_are_counted_on_with_one_question_for_damage) {
  std::vector<ChunkId> nodes;
  auto const damaged = put(stored_block("damaged"));
  for (int i = 0; i < 10; ++i)
    nodes.push_back(put(stored_node(1, {put(stored_block("block " + std::to_string(i)))})));
  ASSERT_TRUE(store_->flush());
  ASSERT_TRUE(store_->state().report_damage(1, damaged, find(damaged)->location));
  int questions = 0;
  watch_.on_query([&](std::string_view statement) {
    questions += statement.find("chunks_damaged") != std::string_view::npos ? 1 : 0;
  });
  EXPECT_EQ(*store_->count_on(1, nodes), std::vector(nodes.size(), Presence::staged));
  EXPECT_EQ(questions, 1);
}

TEST_F(Races, what_a_flush_takes_into_the_index_meanwhile_is_here_for_who_asks_for_several) {
  std::array const blocks{stored_block("older"), stored_block("newer")};
  auto const older = put(blocks[0]);
  ASSERT_TRUE(store_->flush());
  std::array const ids{older, put(blocks[1])};
  auto const flush = [&] { EXPECT_TRUE(store_->flush()); };
  watch_.on_answer("FROM chunks", flush);
  EXPECT_EQ(*store_->count_on(1, ids), std::vector(2, Presence::closed));
  EXPECT_TRUE(find(ids[1])) << "it was flushed";

  auto const newest = stored_block("newest");
  std::array const next{older, put(newest)};
  watch_.on_answer("FROM chunks", flush);
  Bytes framed;
  auto const got = store_->get_framed(1, next, framed);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(to_bytes(ByteView(framed).last(newest.size())), newest);
}

TEST_F(Races, a_node_that_is_closed_while_a_sweep_would_drop_it_stays_with_what_lies_below_it) {
  auto const block = put(stored_block("one"));
  auto const stored = stored_node(1, {block});
  NewChunk const node{digest::sha256(stored), stored};
  ASSERT_TRUE(store_->stage_nodes(1, std::span(&node, 1), std::nullopt));
  ASSERT_TRUE(store_->flush());
  std::future<void> sweeping;
  watch_.on_answer("FROM chunks", [&] {  // the node was found: it would be gone, if nothing held the sweep up
    sweeping = std::async(std::launch::async, [&] {
      auto sweep = *Sweep::begin(*store_, 1U << 20U, 1);
      EXPECT_TRUE(*sweep->is_ready());
      while (!*sweep->step()) {
      }
    });
    sweeping.wait_for(std::chrono::milliseconds(500));
  });
  auto const closed = store_->close_node(1, node.id);
  sweeping.get();
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_TRUE(*store_->contains(1, node.id));
  EXPECT_TRUE(*store_->contains(1, block));
}

TEST_F(Races, damage_that_is_found_during_a_flush_stays_known) {
  auto const id = put(stored_block("one"));
  ASSERT_TRUE(store_->flush());
  auto const row = *find(id);
  auto const sweep = *Sweep::begin(*store_, 1U << 20U, 1);
  ASSERT_TRUE(*store_->contains(1, id)) << "it waits to be written with the new generation";
  int writes = 0;
  watch_.on_write([&] {
    if (++writes > 1) return;
    ASSERT_TRUE(store_->state().report_damage(1, id, row.location));
    EXPECT_FALSE(*store_->contains(1, id)) << "although it is on its way into the index";
  });
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(writes, 2);
  EXPECT_FALSE(*store_->contains(1, id));
  EXPECT_EQ(store_->pack_totals()->damaged_chunks, 1);
  put(stored_block("one"));
  ASSERT_TRUE(store_->flush());
  EXPECT_TRUE(*store_->contains(1, id));
  EXPECT_EQ(store_->pack_totals()->damaged_chunks, 0);
}

TEST_F(Races, damage_that_is_found_during_a_flush_that_fails_stays_known) {
  auto const id = put(stored_block("one"));
  ASSERT_TRUE(store_->flush());
  auto const row = *find(id);
  auto const sweep = *Sweep::begin(*store_, 1U << 20U, 1);
  auto& pending = store_->state().pending;
  pending.add_chunk({1, id}, row.location);
  pending.begin_flush();
  ASSERT_TRUE(store_->state().report_damage(1, id, row.location));
  pending.flush_failed();
  ASSERT_TRUE(store_->flush());
  EXPECT_FALSE(*store_->contains(1, id));
}

TEST_F(Races, a_chunk_that_moves_while_it_is_counted_on_is_found_where_it_lies) {
  auto const kept = put(stored_block("kept"));
  for (int i = 0; i < 9; ++i) put(stored_block("gone " + std::to_string(i)));
  sweep(kept);
  compact_while_counting_on(kept);
  auto const stored = store_->get(1, kept);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(*stored, stored_block("kept"));
  EXPECT_EQ(store_->damage_found(), 0U);
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(*store_->get(1, kept), stored_block("kept"));
}

TEST_F(Races, of_a_chunk_that_two_have_written_the_copy_is_found_that_the_index_keeps) {
  options_.pack_bytes = 1;  // each append fills a pack
  reopen();
  auto const stored = stored_block("written twice");
  auto const id = put(stored);
  ASSERT_TRUE(store_->flush());
  NewChunk const again{id, stored};
  ASSERT_TRUE(store_->put_blocks(1, std::span(&again, 1), std::nullopt));
  watch_.on_write([&] { EXPECT_TRUE(*store_->contains(1, id)); });
  ASSERT_TRUE(store_->flush());
  compact_while_counting_on(id);
  auto const got = store_->get(1, id);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*got, stored);
  EXPECT_EQ(store_->damage_found(), 0U);
}

}  // namespace
}  // namespace argosy::store
