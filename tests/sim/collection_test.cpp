#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "ec2/copy_snapshot.h"
#include "ec2/delete_snapshot.h"
#include "replication/copier.h"
#include "support/seeds.h"
#include "support/uploads.h"
#include "support/wire.h"
#include "upkeep/collector.h"

namespace argosy::upkeep {
namespace {

using tests::block;
using tests::Blocks;
using tests::kOwner;
using tests::Uploads;

/// Two regions whose account stores few blocks again and again, deletes, copies, and collects all the while.
class Collecting {
 public:
  explicit Collecting(unsigned seed) : random_(seed) { restart_copier(); }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      one_step();
      if (i % 10 == 0) verify_some();
    }
  }

  /// Ends what is under way, takes everything away, and expects nothing to be left.
  void end() {
    for (auto* region : {&east_, &west_})
      for (int i = 0; i < 100 && !region->open.empty(); ++i) complete(*region);
    settle();
    verify_all();
    collect(east_);
    collect(west_);
    verify_all();
    for (auto* region : {&east_, &west_}) {
      for (auto const& [id, blocks] : std::exchange(region->completed, {})) remove(*region, id);
      region->region.clock.advance(std::chrono::hours(48));  // leases run out
    }
    for (auto* region : {&east_, &west_}) {
      collect(*region);
      auto packs = region->region.store->pack_totals();
      EXPECT_EQ(packs->stored_bytes, 0U);
      auto const all = region->region.store->totals();
      for (auto const& [domain, totals] : *all) EXPECT_EQ(totals.blocks + totals.nodes, 0);
    }
  }

 private:
  struct Place {
    explicit Place(std::string name) : region(std::move(name)) {}
    tests::Region region;
    ebs::UploadGates gates{"a boot"};
    Uploads uploads{region, gates};
    ebs::FailedCompletions failed;
    std::map<std::string, Blocks> open;  ///< uploads that take blocks, with what was put over the parent
    std::map<std::string, Blocks> over;  ///< what each of these began with
    std::map<std::string, Blocks> completing;
    std::map<std::string, Blocks> completed;
    std::unique_ptr<Collection> collection;
  };

  unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }
  template <class Map>
  auto any(Map& map) {
    return std::next(map.begin(), pick(static_cast<unsigned>(map.size())));
  }
  Place& somewhere() { return pick(3) == 0 ? west_ : east_; }

  void restart_copier() {
    copier_.reset();
    sources_ = std::make_unique<replication::Sources>();
    sources_->add(std::make_unique<replication::Source>(
        "us-east-1", "us-west-2", std::make_unique<tests::Wire>(answering_, faults_), std::nullopt));
    copier_ = std::make_unique<replication::Copier>(
        "us-west-2", west_.region.catalogue, *west_.region.content, *sources_, west_.region.keys,
        west_.region.master_keys, west_.region.clock, *west_.region.entropy);
    ASSERT_TRUE(copier_->start());
  }

  void one_step() {
    auto& place = somewhere();
    switch (pick(12)) {
      case 0:
        return start(place);
      case 1:
      case 2:
      case 3:
        return put(place);
      case 4:
        return complete(place);
      case 5:
        ASSERT_TRUE(ebs::step_uploads(place.region.catalogue, *place.region.content, place.region.keys,
                                      place.region.master_keys, place.failed, place.region.clock));
        return look_at_completing(place);
      case 6:
        if (!place.completed.empty()) {
          auto gone = any(place.completed);
          remove(place, gone->first);
          place.completed.erase(gone);
        }
        return;
      case 7:
        return copy();
      case 8:
        pass(Duration{1'000});
        ASSERT_TRUE(copier_->step());
        return look_at_completing(west_);
      case 9:
        if (pick(10) == 0) restart_copier();
        if (pick(4) == 0) {
          ASSERT_TRUE(place.region.store->flush());
        }
        return;
      default:
        return step_collection(place);
    }
  }

  void start(Place& place) {
    if (place.open.size() >= 3) return;
    bool const child = !place.completed.empty() && pick(2) == 0;
    auto parent = child ? any(place.completed)->first : std::string();
    auto id = place.uploads.start(parent);
    ASSERT_TRUE(id) << id.error().message;
    place.open[*id] = {};
    place.over[*id] = child ? place.completed[parent] : Blocks{};
  }
  void put(Place& place) {
    if (place.open.empty()) return;
    auto& [id, blocks] = *any(place.open);
    std::uint64_t const index = pick(4) + (pick(3) == 0 ? 300 : 0);
    auto data = block(pick(3) == 0 ? ++last_block_ : pick(10));  // known ones, and some of its own
    auto done = place.uploads.put(id, index, data);
    ASSERT_TRUE(done) << done.error().message;
    blocks[index] = data;
  }
  void complete(Place& place) {
    if (place.open.empty()) return;
    auto upload = any(place.open);
    auto const id = upload->first;
    auto done = place.uploads.complete(id, upload->second.size());
    ASSERT_TRUE(done) << done.error().message;
    auto& whole = place.completing[id];
    whole = place.over[id];
    for (auto const& [index, data] : upload->second) whole[index] = data;
    place.open.erase(upload);
  }
  void copy() {
    if (east_.completed.empty() || west_.completing.size() > 5) return;
    auto const& [source, blocks] = *any(east_.completed);
    messages::ec2::CopySnapshotRequest request;
    request.source_region = "us-east-1";
    request.source_snapshot_id = source;
    auto opened = (*sources_->find("us-east-1"))->open({kOwner.account, source});
    ASSERT_TRUE(opened) << opened.error().message;
    auto made = west_.region.run([&](catalogue::Transaction& tx) {
      return ec2::copy_snapshot(tx, kOwner, west_.region.clock.now(), *west_.region.entropy,
                                west_.region.keys, west_.region.master_keys, *opened, request);
    });
    ASSERT_TRUE(made) << made.error().message;
    copier_->look_for_tasks();
    west_.completing[*made->snapshot_id] = blocks;
  }
  void remove(Place& place, std::string const& id) {
    messages::ec2::DeleteSnapshotRequest request;
    request.snapshot_id = id;
    auto done = place.region.run(
        [&](catalogue::Transaction& tx) { return ec2::delete_snapshot(tx, kOwner, request); });
    ASSERT_TRUE(done) << done.error().message;
  }
  void look_at_completing(Place& place) {
    for (auto at = place.completing.begin(); at != place.completing.end();) {
      auto snapshot = place.uploads.find(at->first);
      ASSERT_NE(snapshot.state, images::SnapshotState::error) << snapshot.status_message;
      if (snapshot.state == images::SnapshotState::pending) {
        ++at;
        continue;
      }
      place.completed.insert(place.completing.extract(at++));
    }
  }

  std::unique_ptr<Collection> new_collection(Place& place) {
    CollectorOptions options;
    options.grace = Duration{0};
    return std::make_unique<Collection>(place.region.catalogue, *place.region.store, place.region.clock,
                                        random_(), true, options);
  }
  void step_collection(Place& place) {
    if (!place.collection) place.collection = new_collection(place);
    auto done = place.collection->step();
    ASSERT_TRUE(done) << done.error().message;
    bool const over = place.collection->phase() == Collection::Phase::done;
    if (over || pick(50) == 0) place.collection.reset();  // also one that is given up half-way
  }
  void collect(Place& place) {
    auto collection = new_collection(place);
    for (int i = 0; i < 10'000 && collection->phase() != Collection::Phase::done; ++i) {
      auto done = collection->step();
      ASSERT_TRUE(done) << done.error().message;
    }
    ASSERT_EQ(collection->phase(), Collection::Phase::done);
  }
  void settle() {
    for (int i = 0; i < 300; ++i) {
      pass(Duration{1'000});
      ASSERT_TRUE(copier_->step());
      for (auto* place : {&east_, &west_}) {
        ASSERT_TRUE(place->uploads.step());
        look_at_completing(*place);
      }
      if (east_.completing.empty() && west_.completing.empty()) return;
    }
    ADD_FAILURE() << "something never completes";
  }
  void pass(Duration time) {
    east_.region.clock.advance(time);
    west_.region.clock.advance(time);
  }

  void verify(Place& place, std::string const& id, Blocks const& blocks) {
    EXPECT_EQ(place.region.read(place.uploads.find(id)), blocks) << id << " in " << place.region.name;
  }
  void verify_some() {
    for (auto* place : {&east_, &west_})
      if (!place->completed.empty()) {
        auto const& [id, blocks] = *any(place->completed);
        verify(*place, id, blocks);
      }
  }
  void verify_all() {
    for (auto* place : {&east_, &west_})
      for (auto const& [id, blocks] : place->completed) verify(*place, id, blocks);
  }

  std::mt19937_64 random_;
  unsigned last_block_ = 1'000;
  Place east_{"us-east-1"};
  Place west_{"us-west-2"};
  peer::Source answering_ = tests::answering_for(east_.region);
  tests::Wire::Faults faults_;
  std::unique_ptr<replication::Sources> sources_;
  std::unique_ptr<replication::Copier> copier_;
};

TEST(CollectionTest, races_with_uploads_and_copies_and_takes_nothing_that_is_needed) {
  tests::for_each_seed(12, [](unsigned seed) {
    Collecting world(seed);
    world.run(400);
    world.end();
  });
}

/// Threads instead of turns: for what happens in the middle of a call.
TEST(CollectionTest, races_with_uploads_of_many_threads) {
  tests::Region region("us-east-1");
  ebs::UploadGates gates{"a boot"};
  Uploads const uploads{region, gates};
  std::atomic<bool> ended = false;
  std::thread collector([&] {
    for (std::uint64_t seed = 0; !ended; ++seed) {
      CollectorOptions options;
      options.grace = Duration{0};
      Collection collection(region.catalogue, *region.store, region.clock, seed, true, options);
      while (!ended && collection.phase() != Collection::Phase::done) {
        auto done = collection.step();
        ASSERT_TRUE(done) << done.error().message;
      }
    }
  });
  std::thread background([&] {
    ebs::FailedCompletions failed;
    while (!ended)
      ASSERT_TRUE(ebs::step_uploads(region.catalogue, *region.content, region.keys, region.master_keys,
                                    failed, region.clock));
  });
  std::vector<std::thread> clients;
  for (unsigned client = 0; client < 3; ++client)
    clients.emplace_back([&, client] {
      std::mt19937 random(client);
      for (int round = 0; round < 30; ++round) {
        auto id = uploads.start();
        ASSERT_TRUE(id) << id.error().message;
        Blocks blocks;
        for (int i = 0; i < 4; ++i) {
          std::uint64_t const index = random() % 3;
          blocks[index] = block(static_cast<unsigned>(random() % 6));
          auto done = uploads.put(*id, index, blocks[index]);
          ASSERT_TRUE(done) << done.error().message;
        }
        auto done = uploads.complete(*id, blocks.size());
        ASSERT_TRUE(done) << done.error().message;
        while (uploads.find(*id).state == images::SnapshotState::pending) std::this_thread::yield();
        EXPECT_EQ(region.read(uploads.find(*id)), blocks);
        messages::ec2::DeleteSnapshotRequest request;
        request.snapshot_id = *id;
        ASSERT_TRUE(region.run(
            [&](catalogue::Transaction& tx) { return ec2::delete_snapshot(tx, kOwner, request); }));
      }
    });
  for (auto& client : clients) client.join();
  ended = true;
  collector.join();
  background.join();
}

TEST(Collector, collects_within_its_interval_also_if_the_clock_was_ahead_at_the_start) {
  tests::Region region("us-east-1");
  CollectorOptions const options;
  region.clock.advance(std::chrono::days(365));
  Collector collector("us-east-1", region.catalogue, *region.store, region.clock, *region.entropy, options);
  region.clock.advance(-std::chrono::days(365));
  auto const waits_until = *collector.step();
  EXPECT_EQ(waits_until, region.clock.now() + options.interval);
  region.clock.advance(options.interval);
  EXPECT_LT(*collector.step(), region.clock.now() + options.interval) << "it is at work";
}

}  // namespace
}  // namespace argosy::upkeep
