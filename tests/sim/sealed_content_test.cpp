// tests/sim/sealed_content_test.cpp - what is done with encrypted content by whoever holds no key: copying it
// as it is, collecting, compacting, scrubbing, naming and mending damage.
#include <gtest/gtest.h>

#include "catalogue/roots.h"
#include "replication/disk_copy.h"
#include "store/scrub.h"
#include "support/machine.h"
#include "support/wire.h"
#include "upkeep/collector.h"
#include "upkeep/damage.h"

namespace argosy {
namespace {

using replication::DiskCopy;
using replication::DiskToCopy;
using tests::block;
using tests::Blocks;
using tests::kOwner;
using tests::kWest;
using tests::Region;
using tests::some_blocks;
using tests::Wire;

/// Copies without any key what a region's peer has opened.
class SealedCopy : public testing::Test {
 protected:
  DiskToCopy wanted(Region::Encrypted const& encrypted) {
    auto const& snapshot = encrypted.snapshot;
    auto opened = peer::open(answering_, kWest, {snapshot.owner, snapshot.id});
    EXPECT_TRUE(opened) << opened.error().message;
    return {catalogue::domain_number(snapshot.owner),
            *content::decode_clear_reference(snapshot.root),
            snapshot.volume_size_gib,
            opened->lease,
            snapshot.id,
            {},
            0};
  }
  Result<replication::CopyProgress> copy(Region& west, DiskToCopy const& disk) {
    DiskCopy copy(
        *west.content, source_, disk, [] { return Result<void>{}; }, west.clock);
    bool const whole = TRY(copy.step(west.clock.now() + Duration{1}));
    EXPECT_TRUE(whole) << "the clock stands still";
    TRY(west.store->flush());
    return copy.progress();
  }

  Region east_{"us-east-1"};
  Region west_{"us-west-2"};
  peer::Source answering_ = tests::answering_for(east_);
  Wire::Faults faults_;
  replication::Source source_{"us-east-1", "us-west-2", std::make_unique<Wire>(answering_, faults_),
                              std::nullopt};
};

TEST_F(SealedCopy, is_read_by_who_holds_the_key_of_its_root) {
  auto const blocks = some_blocks();
  auto const made = east_.make_encrypted_snapshot(kOwner.account, blocks);
  auto const done = copy(west_, wanted(made));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->done_bytes, static_cast<std::uint64_t>(made.snapshot.content_bytes));
  EXPECT_EQ(west_.read(made.disk), blocks);
}

TEST_F(SealedCopy, compares_what_a_peer_says_with_the_key_that_it_released) {
  auto const made = east_.make_encrypted_snapshot(kOwner.account, some_blocks());
  auto disk = wanted(made);
  auto const refuses_lies = [&] {
    disk.released = made.disk.root;
    disk.released->key = crypto::Key::random(*west_.entropy);
    EXPECT_EQ(copy(west_, disk).error().fault, Fault::corrupt);
    disk.released = made.disk.root;
    disk.released->digest = digest::sha256(block(1));
    EXPECT_EQ(copy(west_, disk).error().fault, Fault::corrupt);
  };
  refuses_lies();
  disk.released = made.disk.root;
  ASSERT_TRUE(copy(west_, disk));
  EXPECT_EQ(west_.read(made.disk), some_blocks());
  refuses_lies();  // now that all of it is here
}

TEST_F(SealedCopy, moves_only_what_changed_for_the_next_version) {
  auto blocks = some_blocks();
  auto const first = east_.make_encrypted_snapshot(kOwner.account, blocks);
  ASSERT_TRUE(copy(west_, wanted(first)));
  auto const second = east_.make_encrypted_snapshot(kOwner.account, {{1, block(900)}}, 1, first.disk.root);
  blocks[1] = block(900);
  auto const done = copy(west_, wanted(second));
  EXPECT_LT(done->moved_bytes, content::encode_block(block(900), 1).size() + 2 * store::kMaxNodeBytes);
  EXPECT_EQ(west_.read(second.disk), blocks);
}

TEST_F(SealedCopy, goes_on_after_a_cut_at_any_call_without_moving_again_what_arrived) {
  auto const blocks = some_blocks();
  auto const made = east_.make_encrypted_snapshot(kOwner.account, blocks);
  ASSERT_TRUE(copy(west_, wanted(made)));
  auto const whole = faults_.fetched_bytes;
  int const calls = faults_.calls;
  ASSERT_GT(calls, 4);
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    tests::Machine machine("us-west-2");
    faults_ = {};
    faults_.fail_call = call;
    faults_.answered = false;
    auto const disk = wanted(made);
    EXPECT_EQ(copy(machine.region(), disk).error().fault, Fault::unavailable);
    machine.kill();
    auto const done = copy(machine.region(), disk);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(machine.region().read(made.disk), blocks);
    EXPECT_EQ(faults_.fetched_bytes, whole);
  }
}

TEST_F(SealedCopy, is_refused_where_an_open_disk_was_promised_and_the_other_way_round) {
  auto sealed = wanted(east_.make_encrypted_snapshot(kOwner.account, {{0, block(1)}}));
  sealed.root->digest = digest::sha256(block(1));
  EXPECT_EQ(copy(west_, sealed).error().fault, Fault::corrupt);
  auto const open = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  auto without_digest = wanted({open, {}});
  without_digest.root = content::ClearReference{without_digest.root->id};
  EXPECT_EQ(copy(west_, without_digest).error().fault, Fault::corrupt);
}

/// One region with an encrypted snapshot, whose keys are held by nobody who works on it.
class SealedUpkeep : public SealedCopy {
 protected:
  /// Drops what nothing needs and gives its space back.
  void collect() {
    upkeep::CollectorOptions options;
    options.grace = Duration{0};
    upkeep::Collection collection(west_.catalogue, *west_.store, west_.clock, 1, true, options);
    for (int i = 0; i < 10'000 && collection.phase() != upkeep::Collection::Phase::done; ++i) {
      auto done = collection.step();
      ASSERT_TRUE(done) << done.error().message;
    }
    ASSERT_EQ(collection.phase(), upkeep::Collection::Phase::done);
  }
  void remove(images::Snapshot const& snapshot) {
    ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) -> Result<void> {
      TRY(catalogue::remove_snapshot(tx, snapshot.id));
      return catalogue::note_garbage(tx);
    }));
  }
  std::uint64_t stored_bytes() { return west_.store->pack_totals()->stored_bytes; }
  /// Changes one bit of a chunk where it lies.
  void spoil(store::ChunkId const& id) {
    auto const stored = *west_.store->get(catalogue::domain_number(kOwner.account), id);
    west_.content.reset();
    west_.store.reset();
    auto const objects = *west_.packs->list();
    for (auto const& object : objects) {
      Bytes all(object.size_bytes);
      ASSERT_TRUE(west_.packs->read(object.name, 0, all));
      auto const at = std::ranges::search(all, stored);
      if (at.empty()) continue;
      at.back() ^= std::byte{1};
      ASSERT_TRUE(west_.packs->remove(object.name));
      auto writer = *west_.packs->create(object.name);
      ASSERT_TRUE(writer->append(all));
      ASSERT_TRUE(writer->sync());
    }
    ASSERT_TRUE(west_.open());
  }
};

TEST_F(SealedUpkeep, keeps_what_snapshots_and_uploads_need_and_gives_the_rest_back) {
  auto const blocks = some_blocks();
  Blocks big;
  for (std::uint32_t i = 0; i < 120; ++i) big[i] = block(5'000 + i);
  auto const gone = west_.make_encrypted_snapshot(kOwner.account, big);
  auto const kept = west_.make_encrypted_snapshot(kOwner.account, blocks);
  images::Snapshot pending;
  pending.id = make_resource_id(*west_.entropy, "snap-");
  pending.owner = kOwner.account;
  pending.is_upload = true;
  ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, pending); }));
  content::Upload const upload{pending.id, crypto::Key::random(*west_.entropy)};
  auto const domain = west_.domain_of(kOwner.account);
  ASSERT_TRUE(west_.content->put_block(domain, upload, 3, block(77), digest::sha256(block(77))));
  collect();
  auto const before = stored_bytes();
  remove(gone.snapshot);
  collect();
  EXPECT_EQ((*west_.store->totals())[domain.number].blocks, static_cast<std::int64_t>(blocks.size()) + 1);
  EXPECT_EQ(west_.read(kept.disk), blocks);
  auto const finished = west_.content->finish(domain, upload, 1, std::nullopt, 1);
  ASSERT_TRUE(finished) << finished.error().message;
  pending.state = images::SnapshotState::completed;
  pending.root = content::encode_clear_reference(content::clear_reference(finished->root));
  ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) { return catalogue::save_snapshot(tx, pending); }));
  ASSERT_TRUE(west_.content->forget_upload(pending.id));
  collect();
  EXPECT_LT(stored_bytes(), before / 2) << "packs were rewritten: none is a journal any more";
  EXPECT_EQ(west_.read(kept.disk), blocks);
  EXPECT_EQ(west_.read(content::Disk{domain.number, finished->root, 1}), (Blocks{{3, block(77)}}));
  EXPECT_FALSE(west_.content->read_block(gone.disk, 0, nullptr));
}

TEST_F(SealedUpkeep, finds_damage_names_whom_it_concerns_and_mends_it) {
  auto const blocks = some_blocks();
  auto const here = west_.make_encrypted_snapshot(kOwner.account, blocks);
  auto const whole = west_.make_encrypted_snapshot(kOwner.account, {{9, block(9)}});
  // The same content in the other region, as a copy of this one would have left it: same secret, same bytes.
  auto const secret = west_.domain_of(kOwner.account);
  content::Upload const upload{"snap-0123456789abcdef0", crypto::Key::random(*east_.entropy)};
  for (auto const& [index, data] : blocks)
    ASSERT_TRUE(east_.content->put_block(secret, upload, index, data, digest::sha256(data)));
  ASSERT_EQ(east_.content->finish(secret, upload, 1, std::nullopt, 1)->root, here.disk.root);
  auto there = here;
  there.snapshot.id = upload.id;
  ASSERT_TRUE(
      east_.run([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, there.snapshot); }));

  auto const root = *west_.content->node(here.disk.domain, *here.disk.root);
  auto const leaf = *west_.content->node(here.disk.domain, *root->children[0]);
  for (auto const& id : {leaf->children[1]->id, root->children[0]->id}) {
    spoil(id);
    store::Scrub scrub(*west_.store);
    while (!*scrub.step(west_.clock.now())) continue;
    EXPECT_EQ(scrub.result().damaged_chunks, 1U);
    upkeep::DamageReport report(west_.catalogue, *west_.store);
    while (!*report.step()) continue;
    ASSERT_EQ(report.snapshots().size(), 1U);
    EXPECT_EQ(report.snapshots().front().snapshot_id, here.snapshot.id);
    auto const done = copy(west_, wanted(there));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(west_.read(here.disk), blocks);
  }
  EXPECT_EQ(west_.read(whole.disk), (Blocks{{9, block(9)}}));
}

}  // namespace
}  // namespace argosy
