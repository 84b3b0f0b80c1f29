// tests/sim/upkeep_faults_test.cpp - collection, scrub and repair with their first, second, third, … call to
// the disk failing, or all from there on: they say so, nothing is lost, the region goes on, and a second try
// succeeds.
#include <gtest/gtest.h>

#include "ec2/delete_snapshot.h"
#include "replication/repair.h"
#include "store/pack.h"
#include "store/scrub.h"
#include "support/machine.h"
#include "support/wire.h"
#include "upkeep/collector.h"

namespace argosy::tests {
namespace {

Blocks const kKept{{0, block(1)}, {1, block(2)}, {300, block(3)}, {2'047, block(4)}};
Blocks const kDead{{0, block(11)}, {1, block(12)}, {2, block(13)}, {3, block(14)}};

/// A region on a disk, with packs of a few blocks each, and an upload under way.
struct Scene {
  Machine machine{"us-west-2"};
  std::string kept;
  std::string upload;

  Scene() {
    machine.use_packs_of(30'000);
    machine.kill();
    auto uploads = machine.uploads();
    kept = *uploads.start();
    auto const dead = *uploads.start();
    for (auto at = kKept.begin(), gone = kDead.begin(); at != kKept.end();
         ++at, ++gone) {  // in the same packs
      EXPECT_TRUE(uploads.put(kept, at->first, at->second));
      EXPECT_TRUE(uploads.put(dead, gone->first, gone->second));
    }
    EXPECT_TRUE(uploads.complete(kept, kKept.size()));
    EXPECT_TRUE(uploads.complete(dead, kDead.size()));
    EXPECT_TRUE(uploads.step());
    upload = *uploads.start();
    EXPECT_TRUE(uploads.put(upload, 0, block(21)));
    EXPECT_TRUE(uploads.put(upload, 1, block(12)));  // that only the dead have
    EXPECT_TRUE(region().store->flush());
    EXPECT_TRUE(region().run([&](catalogue::Transaction& tx) {
      messages::ec2::DeleteSnapshotRequest request;
      request.snapshot_id = dead;
      return ec2::delete_snapshot(tx, kOwner, request);
    }));
  }
  Region& region() { return machine.region(); }

  /// Lets the n-th call from now on fail, and `times` - 1 after it, while `work` runs; true if it got there.
  template <class Function>
  bool fail_at(int n, int times, Function work) {
    auto& disk = machine.disk();
    auto const calls = disk.calls();
    disk.fail_call(n, times);
    work();
    bool const reached = disk.calls() - calls >= n;
    disk.repair();
    return reached;
  }
  void expect_told(Result<void> const& done) {
    if (done) return;
    EXPECT_EQ(done.error().fault, Fault::unavailable) << done.error().message;
    bool const where = done.error().message.find(machine.disk().folder()) != std::string::npos ||
                       done.error().message.find(".pack") != std::string::npos;
    EXPECT_TRUE(where) << done.error().message;
  }
  /// The upload takes another block and completes, and everything is there, also after a loss of power.
  void expect_to_go_on() {
    ASSERT_TRUE(machine.uploads().put(upload, 9, block(22)));
    ASSERT_TRUE(machine.uploads().complete(upload, 3));
    auto stepped = machine.uploads().step();
    ASSERT_TRUE(stepped) << stepped.error().message;
    for (bool const power : {true, false}) {
      auto const made = machine.uploads().find(upload);
      ASSERT_EQ(made.state, images::SnapshotState::completed) << made.status_message;
      EXPECT_TRUE(region().read(made) == (Blocks{{0, block(21)}, {1, block(12)}, {9, block(22)}}));
      EXPECT_TRUE(region().read(machine.uploads().find(kept)) == kKept);
      std::mt19937 unused;
      if (power) machine.lose_power(Leaves::nothing, unused);
    }
  }
};

/// Runs `test(n, times)` with one call and with all from the n-th on failing, until it says that the n-th was
/// not reached.
void for_each_call(std::function<bool(int n, int times)> const& test) {
  for (int const times : {1, 1'000'000})
    for (int n = 1;; ++n) {
      SCOPED_TRACE("call " + std::to_string(n) + " fails, and " + std::to_string(times - 1) + " after it");
      ASSERT_LT(n, 500);
      bool const reached = test(n, times);
      ASSERT_FALSE(testing::Test::HasFailure());
      if (!reached) {
        EXPECT_GT(n, 5) << "it hardly writes";
        break;
      }
    }
}

Result<upkeep::Collected> collect(Region& region) {
  upkeep::CollectorOptions options;
  options.grace = Duration{0};
  upkeep::Collection collection(region.catalogue, *region.store, region.clock, 1, true, options);
  for (int i = 0; i < 10'000 && collection.phase() != upkeep::Collection::Phase::done; ++i)
    TRY(collection.step());
  EXPECT_EQ(collection.phase(), upkeep::Collection::Phase::done);
  return collection.collected();
}

TEST(FaultsOfACollection, at_any_call_to_the_disk_are_told_and_the_next_one_takes_the_rest) {
  for_each_call([](int n, int times) {
    Scene scene;
    auto const before = scene.region().store->pack_totals()->stored_bytes;
    Result<void> done;
    bool const reached = scene.fail_at(n, times, [&] {
      auto collected = collect(scene.region());
      if (!collected) done = std::unexpected(collected.error());
      if (collected) {
        EXPECT_GT(collected->sweep.dropped_chunks, 0U);
        EXPECT_GT(collected->compaction.moved_bytes, 0U);
        EXPECT_GT(collected->compaction.removed_bytes, 0U);
      }
    });
    EXPECT_TRUE(done || reached);
    scene.expect_told(done);
    EXPECT_TRUE(scene.region().read(scene.machine.uploads().find(scene.kept)) == kKept);
    auto again = collect(scene.region());
    EXPECT_TRUE(again) << again.error().message;
    auto const totals = *scene.region().store->totals();
    for (auto const& [domain, all] : totals)
      EXPECT_EQ(all.blocks, static_cast<std::int64_t>(kKept.size()) + 2) << "what is needed, and no more";
    auto const packs = *scene.region().store->pack_totals();
    EXPECT_LT(packs.stored_bytes, before);
    EXPECT_EQ(packs.waiting_bytes, 0U);
    scene.expect_to_go_on();
    return reached;
  });
}

/// Flips a bit, durably.
void flip(Scene& scene, std::string const& pack, std::uint64_t offset) {
  auto& disk = scene.machine.disk();
  auto file = disk.find(disk.folder() + "/packs/" + pack);
  ASSERT_NE(file, nullptr);
  std::array<std::byte, 1> byte{};
  ASSERT_TRUE(disk.read(*file, offset, byte, disk.life()));
  byte[0] ^= std::byte{4};
  ASSERT_TRUE(disk.write(*file, offset, byte, disk.life()));
  ASSERT_TRUE(disk.sync(*file, disk.life()));
}

/// Of the first pack, which is no upload's journal: the bytes of its first chunk, and the head of its second.
void damage_pack(Scene& scene) {
  auto& packs = *scene.region().packs;
  auto const pack = packs.list()->front();
  std::vector<store::Record> records;
  auto scanned = store::scan_pack(packs, pack.name, {pack.size_bytes, 0, pack.size_bytes},
                                  [&](store::Record const& record) -> Result<void> {
                                    records.push_back(record);
                                    return {};
                                  });
  ASSERT_TRUE(scanned);
  ASSERT_GE(records.size(), 2U);
  flip(scene, pack.name, records[0].payload_offset + records[0].payload_bytes / 2);
  flip(scene, pack.name, records[1].payload_offset - 1);
}

Result<store::ScrubResult> scrub(Region& region) {
  store::Scrub reading(*region.store);
  while (true) {
    bool const all = TRY(reading.step(region.clock.now()));
    if (all) return reading.result();
  }
}

TEST(FaultsOfAScrub, at_any_call_to_the_disk_are_told_and_the_next_one_finds_the_damage) {
  for_each_call([](int n, int times) {
    Scene scene;
    damage_pack(scene);
    Result<void> done;
    bool const reached = scene.fail_at(n, times, [&] {
      auto scrubbed = scrub(scene.region());
      if (!scrubbed) done = std::unexpected(scrubbed.error());
    });
    scene.expect_told(done);
    EXPECT_TRUE(!done || scene.region().store->pack_totals()->damaged_chunks == 1);
    auto again = scrub(scene.region());
    EXPECT_TRUE(again) << again.error().message;
    EXPECT_EQ(scene.region().store->pack_totals()->damaged_chunks, 1);
    scene.region().make_snapshot(kOwner.account, kKept);  // brings what is missing
    auto clean = scrub(scene.region());
    EXPECT_TRUE(clean) << clean.error().message;
    EXPECT_EQ(clean->damaged_chunks + clean->damaged_packs + clean->missing_packs, 0U);
    scene.expect_to_go_on();
    return reached;
  });
}

/// The region from which everything is brought.
struct Other {
  Region region{"us-east-1"};
  peer::Source answering = answering_for(region);
  Wire::Faults faults;
  replication::Sources sources;
  Other() {
    region.make_snapshot(kOwner.account, kKept);
    sources.add(std::make_unique<replication::Source>(
        "us-east-1", "us-west-2", std::make_unique<Wire>(answering, faults), std::nullopt));
  }
};

/// Why it was not repaired; nothing if it was.
std::vector<std::string> repair(Scene& scene, Other& other) {
  auto const snapshot = scene.machine.uploads().find(scene.kept);
  replication::Repair bringing(scene.region().catalogue, *scene.region().content, other.sources, "us-west-2",
                               {snapshot.id, snapshot.owner, catalogue::domain_number(snapshot.owner),
                                *content::decode_clear_reference(snapshot.root), snapshot.volume_size_gib},
                               scene.region().clock);
  for (int i = 0; i < 100; ++i) {
    auto done = bringing.step();
    EXPECT_TRUE(done) << done.error().message;
    if (done && *done) return bringing.source().empty() ? bringing.refusals() : std::vector<std::string>{};
  }
  ADD_FAILURE() << "it does not end";
  return {};
}

TEST(FaultsOfARepair, at_any_call_to_the_disk_are_told_and_the_next_one_brings_what_is_missing) {
  Other other;
  for_each_call([&](int n, int times) {
    Scene scene;
    damage_pack(scene);
    EXPECT_TRUE(scrub(scene.region()));
    EXPECT_EQ(scene.region().store->pack_totals()->damaged_chunks, 1);
    std::vector<std::string> refusals;
    bool const reached = scene.fail_at(n, times, [&] { refusals = repair(scene, other); });
    EXPECT_TRUE(reached || refusals.empty());
    EXPECT_TRUE(n > 1 || !refusals.empty());
    for (auto const& refusal : refusals)
      EXPECT_NE(refusal.find(scene.machine.disk().folder()), std::string::npos) << refusal;
    EXPECT_TRUE(repair(scene, other).empty());
    EXPECT_EQ(scene.region().store->pack_totals()->damaged_chunks, 0);
    scene.expect_to_go_on();
    return reached;
  });
}

}  // namespace
}  // namespace argosy::tests
