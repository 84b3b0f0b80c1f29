// tests/sim/reseal_test.cpp - disks that are brought into a domain in sealed form, from open and from sealed
// ones, over a wire that is cut, into a region that is killed and collected meanwhile.
#include "replication/reseal.h"

#include <gtest/gtest.h>

#include <set>

#include "ec2/delete_snapshot.h"
#include "support/machine.h"
#include "support/wire.h"
#include "upkeep/collector.h"

namespace argosy::replication {
namespace {

using tests::block;
using tests::Blocks;
using tests::kOwner;
using tests::kRecipient;
using tests::kWest;
using tests::some_blocks;
using tests::Wire;

/// Goes on by a millisecond whenever it is looked at: a step of one millisecond moves one batch or two.
class TickingClock final : public Clock {
 public:
  Time now() override { return time_ += Duration{1}; }

 private:
  Time time_{};
};

/// An index whose lookup table has each row only from the second look on: as if another reseal of the same
/// content had been a moment faster.
class LateIndex final : public sql::Session {
 public:
  using sql::Session::execute;
  using sql::Session::query;
  explicit LateIndex(std::unique_ptr<sql::Session> index) : index_(std::move(index)) {}
  Result<void> begin(sql::Access access) override { return index_->begin(access); }
  void set_interrupt(sql::Interrupt interrupt) override { index_->set_interrupt(std::move(interrupt)); }
  Result<void> commit() override { return index_->commit(); }
  void rollback() override { index_->rollback(); }
  Result<std::unique_ptr<sql::Rows>> query(std::string_view statement,
                                           std::span<sql::Value const> parameters) override {
    bool const lookup = statement.starts_with("SELECT") && statement.contains("FROM lookup");
    if (!lookup || !seen_.insert(to_hex(std::get<ByteView>(parameters[1]))).second)
      return index_->query(statement, parameters);
    return index_->query("SELECT 1 FROM lookup WHERE 1 = 0");
  }
  Result<std::int64_t> execute(std::string_view statement, std::span<sql::Value const> parameters) override {
    return index_->execute(statement, parameters);
  }
  Result<std::vector<std::string>> verify() override { return index_->verify(); }
  Result<void> save_copy(std::string const& path) override { return index_->save_copy(path); }
  Result<void> run_script(std::string_view script) override { return index_->run_script(script); }
  void forget_looks() { seen_.clear(); }

 private:
  std::unique_ptr<sql::Session> index_;
  std::set<std::string> seen_;
};

class ResealTest : public testing::Test {
 protected:
  std::unique_ptr<Source> source(bool peer = true) {
    return std::make_unique<Source>("us-east-1", "us-west-2", std::make_unique<Wire>(answering_, faults_),
                                    peer ? std::nullopt : std::optional<std::string>("shared"));
  }
  DiskToReseal wanted(images::Snapshot const& snapshot, content::Child const& root,
                      content::Domain const& domain) {
    auto opened = peer::open(answering_, kWest, {snapshot.owner, snapshot.id});
    EXPECT_TRUE(opened) << opened.error().message;
    return {domain, root, snapshot.volume_size_gib, opened->lease, snapshot.id, {}, 0};
  }
  DiskToReseal wanted(images::Snapshot const& snapshot, content::Domain const& domain) {
    return wanted(snapshot, *content::decode_reference(snapshot.root), domain);
  }
  DiskToReseal wanted(tests::Region::Encrypted const& encrypted, content::Domain const& domain) {
    return wanted(encrypted.snapshot, encrypted.disk.root, domain);
  }
  /// The whole of it, step by step.
  Result<CopyProgress> reseal(DiskToReseal const& disk, bool peer = true) {
    auto const from = source(peer);
    Reseal reseal(*west_.content, *from, disk, clock_);
    while (true) {
      bool const whole = TRY(reseal.step(clock_.now() + Duration{2}));
      if (!whole) continue;
      made_ = {disk.domain.number, reseal.root(), disk.volume_size_gib};
      return reseal.progress();
    }
  }

  TickingClock clock_;
  tests::Region east_{"us-east-1"};
  tests::Region west_{"us-west-2"};
  peer::Source answering_ = tests::answering_for(east_);
  Wire::Faults faults_;
  content::Disk made_;  ///< by `reseal`
};

TEST_F(ResealTest, makes_of_an_open_disk_what_an_encrypted_upload_would_have_made) {
  auto const blocks = some_blocks();
  auto const open = east_.make_snapshot(kOwner.account, blocks);
  auto const done = reseal(wanted(open, west_.domain_of(kOwner.account)));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->done_bytes, static_cast<std::uint64_t>(open.content_bytes));
  EXPECT_EQ(west_.read(made_), blocks);
  EXPECT_EQ(made_.root->digest.bytes, content::Digest::copy_of(open.content_digest).bytes);
  EXPECT_EQ(west_.make_encrypted_snapshot(kOwner.account, blocks).disk.root, made_.root);
}

TEST_F(ResealTest, makes_of_a_sealed_disk_one_of_another_account_or_secret) {
  auto const blocks = some_blocks();
  auto const sealed = east_.make_encrypted_snapshot(kOwner.account, blocks);
  auto const his = west_.domain_of(kRecipient.account);
  for (auto const& domain : {his, content::domain_of_key(his, "a key that asks for it")}) {
    for (bool const peer : {false, true}) {
      auto const done = reseal(wanted(sealed, domain), peer);
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(west_.read(made_), blocks);
      EXPECT_EQ(made_.root->digest, sealed.disk.root->digest);
      EXPECT_FALSE(made_.root->key == sealed.disk.root->key);
      EXPECT_EQ(done->done_bytes, static_cast<std::uint64_t>(sealed.snapshot.content_bytes));
    }
  }
}

TEST_F(ResealTest, makes_a_disk_of_zeros_of_nothing) {
  auto const zeros = east_.make_snapshot(kOwner.account, {});
  ASSERT_TRUE(reseal(wanted(zeros, west_.domain_of(kOwner.account))));
  EXPECT_FALSE(made_.root);
  EXPECT_EQ(faults_.fetches, 0U);
}

TEST_F(ResealTest, brings_high_trees_and_equal_blocks) {
  Blocks blocks;
  for (std::uint32_t i = 0; i < 40; ++i) blocks[i * 1'999] = block(i % 3 + 1);
  auto const open = east_.make_snapshot(kOwner.account, blocks, 40);
  auto const done = reseal(wanted(open, west_.domain_of(kOwner.account)));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(west_.read(made_), blocks);
  ASSERT_TRUE(west_.store->flush());
  EXPECT_EQ((*west_.store->totals())[made_.domain].blocks, 3);
}

TEST_F(ResealTest, moves_only_what_changed_for_the_next_version_and_nothing_for_a_known_one) {
  auto blocks = some_blocks();
  auto const domain = west_.domain_of(kOwner.account);
  auto const first = east_.make_snapshot(kOwner.account, blocks);
  ASSERT_TRUE(reseal(wanted(first, domain)));
  auto const before = made_;
  faults_.fetches = 0;
  auto const again = reseal(wanted(first, domain));
  EXPECT_EQ(faults_.fetches, 0U);
  EXPECT_EQ(again->moved_bytes, 0U);
  EXPECT_EQ(again->done_bytes, static_cast<std::uint64_t>(first.content_bytes));
  EXPECT_EQ(made_.root, before.root);
  auto const second = east_.make_snapshot(kOwner.account, {{1, block(900)}}, 1, first);
  blocks[1] = block(900);
  auto const changed = reseal(wanted(second, domain));
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(west_.read(made_), blocks);
  EXPECT_LT(changed->moved_bytes, content::encode_block(block(900), 1).size() + 2 * store::kMaxNodeBytes);
  EXPECT_EQ(changed->done_bytes, static_cast<std::uint64_t>(second.content_bytes));
}

TEST_F(ResealTest, knows_what_an_encrypted_upload_has_stored) {
  auto const blocks = some_blocks();
  auto const mine = west_.make_encrypted_snapshot(kOwner.account, blocks);
  auto const open = east_.make_snapshot(kOwner.account, blocks);
  auto const done = reseal(wanted(open, west_.domain_of(kOwner.account)));
  EXPECT_EQ(done->moved_bytes, 0U);
  EXPECT_EQ(made_.root, mine.disk.root);
  auto const his = reseal(wanted(open, west_.domain_of(kRecipient.account)));
  EXPECT_GT(his->moved_bytes, 0U) << "what another has stored must not show";
}

TEST_F(ResealTest, goes_on_beside_another_that_seals_the_same_a_moment_earlier) {
  LateIndex* late = nullptr;
  sql::Pool index(
      [&]() -> Result<std::unique_ptr<sql::Session>> {
        auto made = std::make_unique<LateIndex>(TRY(sql::open_sqlite(":memory:", sql::Durability::full)));
        late = made.get();
        return made;
      },
      1);
  auto const packs = bucket::open_memory();
  auto const store = *store::Store::open(*packs, index, {});
  content::Content content(*store, {}, *west_.entropy);
  auto const blocks = some_blocks();
  auto disk = wanted(east_.make_snapshot(kOwner.account, blocks), west_.domain_of(kOwner.account));
  auto const from = source();
  auto const sealed = [&]() -> content::Child {
    Reseal reseal(content, *from, disk, clock_);
    Result<bool> whole = false;
    while (whole && !*whole) whole = reseal.step(clock_.now() + Duration{2});
    EXPECT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(*find_moved_bytes(*store, disk.journal, 0), reseal.progress().moved_bytes);
    return reseal.root();
  };
  disk.journal = "snap-00000000000000001";
  auto const first = sealed();
  ASSERT_TRUE(first);
  ASSERT_TRUE(store->flush());
  late->forget_looks();
  disk.journal = "snap-00000000000000002";
  EXPECT_EQ(sealed(), first) << "all of it comes once more, and nothing of it is stored";
}

TEST_F(ResealTest, goes_on_after_a_cut_at_any_call) {
  auto const blocks = some_blocks();
  auto const sealed = east_.make_encrypted_snapshot(kOwner.account, blocks);
  ASSERT_TRUE(reseal(wanted(sealed, west_.domain_of(kOwner.account))));
  auto const whole = faults_.fetched_bytes;
  int const calls = faults_.calls;
  ASSERT_GT(calls, 4);
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    tests::Region west{"us-west-2"};
    faults_ = {};
    faults_.fail_call = call;
    faults_.answered = false;
    auto const from = source();
    auto const disk = wanted(sealed, west.domain_of(kOwner.account));
    content::Child root;
    int failures = 0;
    for (int run = 0; run < 2 && !root; ++run) {
      Reseal reseal(*west.content, *from, disk, clock_);
      Result<bool> whole_now = false;
      while (whole_now && !*whole_now) whole_now = reseal.step(clock_.now() + Duration{2});
      failures += whole_now ? 0 : 1;
      if (whole_now) root = reseal.root();
    }
    EXPECT_EQ(failures, 1);
    ASSERT_TRUE(root);
    EXPECT_EQ(west.read(content::Disk{disk.domain.number, root, 1}), blocks);
    EXPECT_LE(faults_.fetched_bytes, whole + 5 * store::kMaxNodeBytes) << "the source's nodes are not kept";
  }
}

TEST_F(ResealTest, reseals_after_a_crash_only_what_is_new) {
  Blocks blocks;
  for (std::uint32_t i = 0; i < 160; ++i) blocks[i * 3] = block(i + 1);
  auto const open = east_.make_snapshot(kOwner.account, blocks);
  auto const fetched = [&](std::uint64_t count) {  // of so many blocks, and all nodes
    return count * (content::encode_block(block(1), 1).size() + 200) + 4 * store::kMaxNodeBytes;
  };
  for (int const steps : {1, 3, 5}) {
    for (bool const power : {false, true}) {
      tests::Machine machine("us-west-2");
      auto const domain = machine.region().domain_of(kOwner.account);
      auto const from = source();
      std::uint64_t moved = 0;
      {
        auto disk = wanted(open, domain);
        disk.journal = "snap-0123456789abcdef0";
        Reseal reseal(*machine.region().content, *from, disk, clock_);
        for (int i = 0; i < steps; ++i) {
          ASSERT_EQ(reseal.step(clock_.now() + Duration{2}), false);
        }
        moved = reseal.progress().moved_bytes;
        ASSERT_TRUE(machine.region().store->flush());
      }
      std::mt19937 random(1);
      if (power) machine.lose_power(tests::Leaves::nothing, random);
      if (!power) machine.kill();
      auto disk = wanted(open, domain);
      disk.moved_bytes = *find_moved_bytes(*machine.region().store, "snap-0123456789abcdef0", 0);
      EXPECT_EQ(disk.moved_bytes, moved) << "also of nodes that came without a block";
      Reseal reseal(*machine.region().content, *from, disk, clock_);
      Result<bool> whole = false;
      while (whole && !*whole) whole = reseal.step(clock_.now() + Duration{2});
      ASSERT_TRUE(whole) << whole.error().message;
      EXPECT_EQ(reseal.progress().done_bytes, static_cast<std::uint64_t>(open.content_bytes));
      EXPECT_LE(reseal.progress().moved_bytes, fetched(160));
      EXPECT_EQ(machine.region().read(content::Disk{domain.number, reseal.root(), 1}), blocks);
    }
  }
}

TEST_F(ResealTest, seals_again_what_a_crash_lost) {
  auto const blocks = some_blocks();
  auto const sealed = east_.make_encrypted_snapshot(kOwner.account, blocks);
  std::mt19937 random(7);
  for (int life = 0; life < 6; ++life) {
    tests::Machine machine("us-west-2");
    auto const domain = machine.region().domain_of(kOwner.account);
    auto const from = source();
    {
      Reseal reseal(*machine.region().content, *from, wanted(sealed, domain), clock_);
      machine.disk().fail_call(1 + static_cast<int>(random() % 8));
      for (int i = 0; i < 3; ++i)
        if (!reseal.step(clock_.now() + Duration{2})) break;
    }
    machine.disk().repair();
    machine.lose_power(tests::Leaves::any_sectors, random);
    Reseal reseal(*machine.region().content, *from, wanted(sealed, domain), clock_);
    Result<bool> whole = false;
    while (whole && !*whole) whole = reseal.step(clock_.now() + Duration{2});
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(machine.region().read(content::Disk{domain.number, reseal.root(), 1}), blocks);
  }
}

/// A collection of the region, from beginning to end.
std::unique_ptr<upkeep::Collection> new_collection(tests::Region& region) {
  upkeep::CollectorOptions options;
  options.grace = Duration{0};
  return std::make_unique<upkeep::Collection>(region.catalogue, *region.store, region.clock, 1, true,
                                              options);
}
void collect(tests::Region& region) {
  auto const collection = new_collection(region);
  for (int i = 0; i < 10'000 && collection->phase() != upkeep::Collection::Phase::done; ++i) {
    auto done = collection->step();
    ASSERT_TRUE(done) << done.error().message;
  }
  ASSERT_EQ(collection->phase(), upkeep::Collection::Phase::done);
}

TEST_F(ResealTest, loses_nothing_to_a_collection_and_does_not_hold_it_up) {
  auto const blocks = some_blocks();
  auto const open = east_.make_snapshot(kOwner.account, blocks);
  for (int begin_at = 0; begin_at < 6; ++begin_at) {
    SCOPED_TRACE(begin_at);
    tests::Region west{"us-west-2"};
    auto const from = source();
    auto const disk = wanted(open, west.domain_of(kOwner.account));
    auto reseal = std::make_unique<Reseal>(*west.content, *from, disk, clock_);
    std::unique_ptr<upkeep::Collection> collection;
    int collections = 0;
    Result<bool> whole = false;
    for (int i = 0; whole && !*whole; ++i) {
      whole = reseal->step(clock_.now() + Duration{2});
      if (i < begin_at) continue;
      if (!collection) collection = new_collection(west);
      for (int step = 0; step < 3; ++step) {
        auto const done = collection->step();
        ASSERT_TRUE(done) << done.error().message;
      }
      if (collection->phase() != upkeep::Collection::Phase::done) continue;
      collection.reset();
      ++collections;
    }
    ASSERT_TRUE(whole) << whole.error().message;
    for (int i = 0; collection && collection->phase() != upkeep::Collection::Phase::done; ++i) {
      ASSERT_LT(i, 1'000);
      ASSERT_TRUE(reseal->step(clock_.now() + Duration{2})) << "as a copier does until the root is recorded";
      ASSERT_TRUE(collection->step());
    }
    content::Disk const made{disk.domain.number, reseal->root(), 1};
    EXPECT_EQ(west.read(made), blocks);
    reseal.reset();
    collect(west);
    EXPECT_EQ((*west.store->totals())[made.domain].blocks, 0) << "nobody recorded its root";
  }
}

TEST_F(ResealTest, refuses_a_wrong_key_and_what_a_peer_makes_up) {
  auto const domain = west_.domain_of(kOwner.account);
  auto sealed = wanted(east_.make_encrypted_snapshot(kOwner.account, some_blocks()), domain);
  sealed.root->key = crypto::Key::random(*west_.entropy);
  EXPECT_EQ(reseal(sealed).error().fault, Fault::corrupt);
  sealed.root = content::Reference{sealed.root->id, sealed.root->digest};
  EXPECT_EQ(reseal(sealed).error().fault, Fault::corrupt);

  auto const number = catalogue::domain_number(kOwner.account);
  auto const stored = content::encode_block(block(1), 1);
  auto const id = digest::sha256(stored);
  ASSERT_TRUE(east_.store->put(number, {id, stored}, std::nullopt));
  auto const refusal = [&](std::size_t slot, content::Reference const& child, std::uint64_t blocks) {
    content::Domain const east{number, {}};
    auto const put_node = [&](std::uint8_t level, std::size_t at, content::Child const& below) {
      auto node = std::make_unique<content::Node>();
      node->level = level;
      node->blocks = blocks;
      node->children[at] = below;
      return *east_.content->put_node(east, *node, store::Sealing::none);
    };
    auto const root = put_node(2, 7, put_node(1, slot, child));
    auto snapshot = east_.make_snapshot(kOwner.account, {});
    snapshot.root = content::encode_reference(root);
    EXPECT_TRUE(
        east_.run([&](catalogue::Transaction& tx) { return catalogue::save_snapshot(tx, snapshot); }));
    auto const done = reseal(wanted(snapshot, domain));
    return done ? "nothing" : done.error().message;
  };
  content::Reference const good{id, digest::sha256(block(1))};
  EXPECT_EQ(refusal(0, good, 1), "nothing");
  EXPECT_EQ(refusal(1, {id, digest::sha256(block(2))}, 1), "us-east-1 sent a block with another's digest");
  EXPECT_EQ(refusal(2, good, 2), "us-east-1 sent a manifest node with a wrong count of blocks");
  auto const zeros = content::encode_block(Bytes(content::kBlockBytes), 1);
  auto const id_of_zeros = digest::sha256(zeros);
  ASSERT_TRUE(east_.store->put(number, {id_of_zeros, zeros}, std::nullopt));
  EXPECT_EQ(refusal(3, {id_of_zeros, content::hole_digest(0)}, 1),
            "us-east-1 sent zeros where a hole should be");
}

TEST_F(ResealTest, refuses_a_disk_that_ends_before_what_the_domain_knows_of_it) {
  auto const domain = west_.domain_of(kOwner.account);
  auto const first = east_.make_snapshot(kOwner.account, {{0, block(1)}, {39 * 2'048, block(2)}}, 40);
  auto const second = east_.make_snapshot(kOwner.account, {{1, block(3)}}, 40, first);
  ASSERT_TRUE(reseal(wanted(first, domain)));
  for (auto const& snapshot : {first, second}) {  // known whole, and below its root
    auto disk = wanted(snapshot, domain);
    disk.volume_size_gib = 33;
    auto const done = reseal(disk);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "us-east-1 sent a manifest node that reaches beyond the disk");
    EXPECT_EQ(done.error().code, kSourceFailed);
  }
  EXPECT_TRUE(reseal(wanted(second, domain)));
}

}  // namespace
}  // namespace argosy::replication
