// tests/sim/power_test.cpp - machines that lose their power, processes that are killed, disks that fail: what
// was acknowledged is there or the upload is an error, and a completed snapshot is whole.
#include <gtest/gtest.h>

#include "ec2/copy_image.h"
#include "replication/copier.h"
#include "support/machine.h"
#include "support/seeds.h"
#include "support/wire.h"

namespace argosy::tests {
namespace {

/// Uploads from a seed, with a model of what was acknowledged.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    machine_.use_packs_of(random_() % 2 == 0 ? 200'000 : 64'000'000);
    machine_.kill();
  }

  void run() {
    for (int life = 0; life < 4; ++life) {
      auto const actions = 5 + random_() % 15;
      for (unsigned i = 0; i < actions; ++i) act();
      machine_.disk().repair();
      end_life();
      check();
      if (testing::Test::HasFailure()) return;
    }
  }

 private:
  struct Upload {
    Blocks blocks;   ///< that the snapshot is to have, with its parent's
    Blocks changed;  ///< that were acknowledged
    bool unsynced = false;
    bool closed = false;  ///< CompleteSnapshot was acknowledged
    bool lost = false;
  };

  static Bytes const& data(std::uint64_t kind) {
    static std::vector<Bytes> const all = [] {
      std::vector<Bytes> made(1, Bytes(content::kBlockBytes));
      for (std::uint32_t i = 1; i < 12; ++i) made.push_back(block(i));
      return made;
    }();
    return all[kind % all.size()];
  }
  std::string pick(bool closed) {
    std::vector<std::string> found;
    for (auto const& [id, upload] : model_)
      if (upload.closed == closed && !upload.lost) found.push_back(id);
    return found.empty() ? "" : found[random_() % found.size()];
  }

  /// A call during which the disk may fail: made again until it is done, as a client would.
  template <class Function>
  auto insist(Function function) {
    bool const fails = random_() % 3 == 0;
    if (fails)
      machine_.disk().fail_call(1 + static_cast<int>(random_() % 12), 1 + static_cast<int>(random_() % 3));
    auto done = function();
    if (done) return done;
    machine_.disk().repair();
    done = function();
    EXPECT_TRUE(done) << "the disk is well again: " << done.error().message;
    return done;
  }

  void act() {
    auto uploads = machine_.uploads();
    auto const what = random_() % 10;
    auto const open = pick(false);
    if (what < 2 || open.empty()) return start(uploads);
    if (what < 7) return put(uploads, open);
    if (what == 7) return complete(uploads, open);
    if (what == 8) return rest(uploads);
    insist([&] { return uploads.step(); });
  }
  void start(Uploads const& uploads) {
    auto parent = random_() % 2 == 0 ? pick(true) : "";
    if (!parent.empty() && uploads.find(parent).state != images::SnapshotState::completed) parent.clear();
    auto id = insist([&] { return uploads.start(parent, 1, 4'320); });
    if (!id) return;
    if (!parent.empty()) model_[*id].blocks = model_[parent].blocks;
    model_[*id].closed = false;
  }
  void put(Uploads const& uploads, std::string const& id) {
    auto const index = random_() % 4 == 0 ? 2'040 + random_() % 8 : random_() % 6;
    auto const& bytes = data(random_());
    insist([&] { return uploads.put(id, index, bytes); });
    auto& upload = model_[id];
    upload.changed[index] = bytes;
    upload.unsynced = true;
  }
  void complete(Uploads const& uploads, std::string const& id) {
    auto& upload = model_[id];
    insist([&] { return uploads.complete(id, upload.changed.size()); });
    for (auto const& [index, bytes] : upload.changed) {
      upload.blocks.erase(index);
      if (bytes != data(0)) upload.blocks[index] = bytes;
    }
    upload.closed = true;
  }
  void rest(Uploads const& uploads) {
    machine_.region().clock.advance(std::chrono::minutes(3));
    insist([&] { return uploads.step(); });
    for (auto& [id, upload] : model_) {
      upload.unsynced = false;
      EXPECT_TRUE(upload.lost || uploads.find(id).unsynced_boot.empty()) << id << " rests and is not durable";
    }
  }

  void end_life() {
    auto const how = random_() % 8;
    if (how == 0) {
      machine_.stop();
    } else if (how < 3) {
      return machine_.kill();
    } else {
      machine_.lose_power(how < 5   ? Leaves::nothing
                          : how < 7 ? Leaves::any_sectors
                                    : Leaves::everything,
                          random_);
      for (auto& [id, upload] : model_) upload.lost = upload.lost || (!upload.closed && upload.unsynced);
    }
    for (auto& [id, upload] : model_) upload.unsynced = false;
  }

  void check() {
    auto uploads = machine_.uploads();
    for (auto const& [id, upload] : model_) {  // what is left, named by the smaller count
      if (!upload.lost) continue;
      auto left = machine_.region().content->summarize({id});
      ASSERT_TRUE(left) << left.error().message;
      EXPECT_FALSE(uploads.complete(id, left->blocks)) << id << " completed short";
    }
    auto stepped = uploads.step();
    ASSERT_TRUE(stepped) << stepped.error().message;
    for (auto const& [id, upload] : model_) {
      SCOPED_TRACE(id);
      auto found = uploads.find(id);
      if (upload.closed) {
        ASSERT_EQ(found.state, images::SnapshotState::completed) << found.status_message;
        EXPECT_TRUE(machine_.region().read(found) == upload.blocks) << "a completed snapshot is not whole";
      } else if (upload.lost) {
        EXPECT_EQ(found.state, images::SnapshotState::error);
      } else {
        ASSERT_EQ(found.state, images::SnapshotState::pending) << found.status_message;
        expect_journal(id, upload.changed);
      }
    }
  }
  void expect_journal(std::string const& id, Blocks const& acknowledged) {
    digest::Sha256 linear;
    for (auto const& [index, bytes] : acknowledged) linear.update(digest::sha256(bytes).bytes);
    auto journal = machine_.region().content->summarize({id});
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->blocks, acknowledged.size());
    EXPECT_EQ(journal->linear, linear.finish());
  }

  std::mt19937 random_;
  Machine machine_{"us-east-1"};
  std::map<std::string, Upload> model_;
};

TEST(Power, takes_nothing_that_is_complete_and_no_upload_completes_short) {
  for_each_seed(300, [](unsigned seed) { World(seed).run(); });
}

/// A copy from a region that stays into one whose machine does not.
class CopyUnderway {
 public:
  explicit CopyUnderway(unsigned seed) : random_(seed) {
    Blocks base;
    for (std::uint32_t i : {0U, 1U, 2U, 255U, 256U, 1'000U, 2'047U}) base[i] = block(i + 1);
    for (std::uint32_t i = 512; i < 530; ++i) base[i] = block(i);
    blocks_ = base;
    source_ = east_.make_image(kOwner.account, "base", east_.make_snapshot(kOwner.account, base).id).id;
    connect();
    auto opened = *(*sources_->find("us-east-1"))->open({kOwner.account, source_});
    messages::ec2::CopyImageRequest request;
    request.name = "copied";
    request.source_image_id = source_;
    request.source_region = "us-east-1";
    auto& west = machine_.region();
    auto response = west.run([&](catalogue::Transaction& tx) {
      return ec2::copy_image(tx, kOwner, west.clock.now(), *west.entropy, west.keys, west.master_keys, opened,
                             request);
    });
    EXPECT_TRUE(response);
    copied_ = *response->image_id;
  }

  /// Ends the process, with the machine's power or without it, again and again until the copy is there.
  void run() {
    for (int life = 0; state() == images::ImageState::pending; ++life) {
      ASSERT_LT(life, 100);
      auto const calls = 1 + static_cast<int>(random_() % (10U + 5U * static_cast<unsigned>(life)));
      machine_.disk().fail_call(calls, 1'000'000);  // the process is as good as dead from there on
      for (int i = 0; i < 20 && state() == images::ImageState::pending; ++i) {
        if (auto next = copier_->step(); !next) break;
        machine_.region().clock.advance(Duration{1});
      }
      machine_.disk().repair();
      copier_ = nullptr;
      if (life % 3 == 0) {
        machine_.kill();
      } else {
        bool const torn = random_() % 2 == 1;
        machine_.lose_power(torn ? Leaves::any_sectors : Leaves::nothing, random_);
        torn_ = torn_ || torn;
      }
      connect();
    }
  }
  void lose_power_at_once() {
    copier_ = nullptr;
    machine_.lose_power(Leaves::nothing, random_);
  }
  void expect_whole() {
    ASSERT_EQ(image().state, images::ImageState::available) << image().state_reason;
    auto snapshot = machine_.uploads().find(image().mappings.front().snapshot_id);
    EXPECT_TRUE(machine_.region().read(snapshot) == blocks_);
    EXPECT_GE(static_cast<std::uint64_t>(snapshot.copy_bytes_done), blocks_.size() * content::kBlockBytes);
    if (torn_) return;  // what lies behind a torn record is taken over, but not who brought it
    auto const here = machine_.region().store->totals();
    for (auto const& [domain, totals] : *here)
      EXPECT_GE(snapshot.copy_bytes_moved, totals.block_bytes + totals.node_bytes) << "all of it was moved";
  }

 private:
  images::Image image() {
    return *machine_.region().run(
        [&](catalogue::Transaction& tx) { return catalogue::find_image(tx, copied_); });
  }
  images::ImageState state() { return image().state; }
  void connect() {
    auto& west = machine_.region();
    sources_ = std::make_unique<replication::Sources>();
    sources_->add(std::make_unique<replication::Source>(
        "us-east-1", "us-west-2", std::make_unique<Wire>(answering_, faults_), std::nullopt));
    copier_ = std::make_unique<replication::Copier>("us-west-2", west.catalogue, *west.content, *sources_,
                                                    west.keys, west.master_keys, west.clock, *west.entropy);
    EXPECT_TRUE(copier_->start());
  }

  std::mt19937 random_;
  Region east_{"us-east-1"};
  peer::Source answering_ = answering_for(east_);
  Wire::Faults faults_;
  Machine machine_{"us-west-2"};
  std::unique_ptr<replication::Sources> sources_;
  std::unique_ptr<replication::Copier> copier_;
  Blocks blocks_;
  std::string source_;
  std::string copied_;
  bool torn_ = false;  ///< a loss of power left parts of unsynced writes
};

TEST(Power, lost_during_a_copy_costs_bytes_on_the_wire_and_nothing_else) {
  for_each_seed(60, [](unsigned seed) {
    CopyUnderway copy(seed);
    copy.run();
    copy.expect_whole();
    copy.lose_power_at_once();
    copy.expect_whole();
  });
}

}  // namespace
}  // namespace argosy::tests
