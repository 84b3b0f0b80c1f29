// What one caller of a store does between two steps of another.
#include <gtest/gtest.h>

#include <future>

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

}  // namespace
}  // namespace argosy::store
