// tests/sim/disk_copy_test.cpp - what of a disk is asked for, and what is closed, while its source lies or
// nothing needs it any more.
#include "replication/disk_copy.h"

#include <gtest/gtest.h>

#include "replication/repair.h"
#include "replication/reseal.h"
#include "support/wire.h"
#include "upkeep/collector.h"

namespace argosy::replication {
namespace {

using tests::block;
using tests::Blocks;
using tests::kOwner;
using tests::kWest;
using tests::Wire;

class DiskCopyTest : public testing::Test {
 protected:
  DiskToCopy wanted(images::Snapshot const& snapshot) {
    auto const opened = peer::open(answering_, kWest, {snapshot.owner, snapshot.id});
    EXPECT_TRUE(opened) << opened.error().message;
    return {number_, *content::decode_clear_reference(snapshot.root), 1, opened->lease, snapshot.id, {}, 0};
  }
  Result<bool> copy(
      DiskToCopy const& disk, CheckNeeded const& check_needed = [] { return Result<void>{}; }) {
    DiskCopy copy(*west_.content, source_, disk, check_needed, west_.clock);
    return copy.step(west_.clock.now() + Duration{1});  // all of it: the clock stands still
  }
  Result<bool> reseal(images::Snapshot const& snapshot) {
    auto const open = wanted(snapshot);
    Reseal reseal(*west_.content, source_,
                  {west_.domain_of(kOwner.account),
                   *content::decode_reference(snapshot.root),
                   1,
                   open.lease,
                   snapshot.id,
                   {},
                   0},
                  west_.clock);
    return reseal.step(west_.clock.now() + Duration{1});
  }
  upkeep::Collection new_collection() { return {west_.catalogue, *west_.store, west_.clock, 1, true, {}}; }
  /// To its end, or until it waits for work under way.
  static void collect(upkeep::Collection& collection) {
    for (int i = 0; i < 100 && collection.phase() != upkeep::Collection::Phase::done; ++i)
      ASSERT_TRUE(collection.step());
  }
  /// Here.
  std::int64_t count_blocks() {
    EXPECT_TRUE(west_.store->flush());
    auto const all = *west_.store->totals();
    std::int64_t blocks = 0;
    for (auto const& [domain, totals] : all) blocks += totals.blocks;
    return blocks;
  }

  tests::Region east_{"us-east-1"};
  tests::Region west_{"us-west-2"};
  store::Domain const number_ = catalogue::domain_number(kOwner.account);
  peer::Source answering_ = tests::answering_for(east_);
  Wire::Faults faults_;
  Source source_{"us-east-1", "us-west-2", std::make_unique<Wire>(answering_, faults_), std::nullopt};
};

TEST_F(DiskCopyTest, asks_for_no_more_blocks_than_the_nodes_above_say) {
  Blocks blocks;
  for (std::uint32_t i = 0; i < 40; ++i) blocks[i] = block(i + 1);
  auto snapshot = east_.make_snapshot(kOwner.account, blocks);
  auto const true_root = *east_.content->node(number_, **content::decode_reference(snapshot.root));
  auto const true_leaf = *east_.content->node(number_, *true_root->children[0]);
  auto const say = [&](std::uint64_t root_blocks, std::uint64_t leaf_blocks) {
    auto const put_node = [&](content::Node node, std::uint64_t count) {
      node.blocks = count;
      return *east_.content->put_node({number_, {}}, node, store::Sealing::none);
    };
    auto root = *true_root;
    root.children[0] = put_node(*true_leaf, leaf_blocks);
    snapshot.root = content::encode_reference(put_node(root, root_blocks));
    ASSERT_TRUE(
        east_.run([&](catalogue::Transaction& tx) { return catalogue::save_snapshot(tx, snapshot); }));
  };
  struct Said {
    std::uint64_t root_blocks;
    std::uint64_t leaf_blocks;
  };
  for (auto const& said : {Said{1, 1}, Said{1, 40}, Said{39, 40}, Said{40, 39}, Said{40, 41}}) {
    SCOPED_TRACE(std::to_string(said.root_blocks) + " and " + std::to_string(said.leaf_blocks));
    say(said.root_blocks, said.leaf_blocks);
    for (auto const& done : {copy(wanted(snapshot)), reseal(snapshot)}) {
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().message, "us-east-1 sent a manifest node with a wrong count of blocks");
      EXPECT_EQ(done.error().code, kSourceFailed);
    }
    EXPECT_EQ(count_blocks(), 0);
  }
  say(40, 40);
  EXPECT_TRUE(copy(wanted(snapshot)));
  EXPECT_TRUE(reseal(snapshot));
}

/// Nothing names its root any more, from right after it was asked.
TEST_F(DiskCopyTest, closes_only_what_no_collection_takes_meanwhile) {
  auto const first = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  ASSERT_TRUE(copy(wanted(first)));
  auto const second = east_.make_snapshot(kOwner.account, {{1, block(2)}}, 1, first);
  auto began_before = new_collection();
  auto began_later = new_collection();
  faults_.before = [&](http::Request const& request) {  // block 0 has been seen by then
    if (request.path != "/replication/fetch" || faults_.fetches != 5) return;
    ASSERT_TRUE(began_before.step());
  };
  int asked = 0;
  auto const whole = copy(wanted(second), [&]() -> Result<void> {
    ++asked;
    collect(began_before);
    EXPECT_EQ(began_before.phase(), upkeep::Collection::Phase::done);
    collect(began_later);
    EXPECT_EQ(began_later.phase(), upkeep::Collection::Phase::wait);
    return {};
  });
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_TRUE(*whole);
  EXPECT_EQ(asked, 1);
  content::Disk const made{number_, *content::decode_reference(second.root), 1};
  EXPECT_EQ(west_.read(made), (Blocks{{0, block(1)}, {1, block(2)}}));
  collect(began_later);
  auto last = new_collection();
  collect(last);
  EXPECT_EQ(count_blocks(), 0) << "nobody recorded it";
}

TEST_F(DiskCopyTest, repairs_nothing_of_a_snapshot_that_was_deleted_in_the_middle) {
  auto const there = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  auto here = there;
  here.id = make_resource_id(*west_.entropy, "snap-");
  ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, here); }));
  Sources sources;
  sources.add(std::make_unique<Source>("us-east-1", "us-west-2", std::make_unique<Wire>(answering_, faults_),
                                       std::nullopt));
  auto const repair = [&] {
    Repair work(west_.catalogue, *west_.content, sources, "us-west-2",
                {here.id, here.owner, number_, *content::decode_clear_reference(here.root), 1}, west_.clock);
    for (auto ended = work.step(); ended && !*ended;) ended = work.step();
    return std::pair(work.source(), work.refusals());
  };
  bool removed = false;
  faults_.before = [&](http::Request const& request) {
    if (request.path != "/replication/fetch" || faults_.fetches < 2 || std::exchange(removed, true)) return;
    ASSERT_TRUE(
        west_.run([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, here.id); }));
  };
  auto const [from, refusals] = repair();
  EXPECT_TRUE(removed);
  EXPECT_EQ(from, "");
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_NE(refusals.front().find(here.id), std::string::npos) << refusals.front();
  ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, here); }));
  EXPECT_EQ(repair().first, "us-east-1");
  EXPECT_EQ(west_.read(here), (Blocks{{0, block(1)}}));
}

}  // namespace
}  // namespace argosy::replication
