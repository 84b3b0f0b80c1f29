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

}  // namespace
}  // namespace argosy::store
