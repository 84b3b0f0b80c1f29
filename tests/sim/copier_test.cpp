#include "replication/copier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "catalogue/ended_leases.h"
#include "catalogue/openings.h"
#include "ec2/copy_image.h"
#include "ec2/deregister_image.h"
#include "images/rules.h"
#include "peer/peer.h"
#include "replication/lease_closer.h"
#include "store/scrub.h"
#include "store/sweep.h"
#include "support/region.h"
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

/// Packs of which all that was there at one moment is read wrong from then on.
class DecayingPacks final : public bucket::Bucket {
 public:
  Result<std::unique_ptr<bucket::Writer>> create(std::string_view name) override {
    return packs_->create(name);
  }
  Result<std::unique_ptr<bucket::Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                                 std::uint64_t durable_bytes) override {
    return packs_->reopen(name, size_bytes, durable_bytes);
  }
  Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) override {
    TRY(packs_->read(name, offset_bytes, out));
    auto const decayed = decayed_bytes_.find(std::string(name));
    if (decayed != decayed_bytes_.end() && offset_bytes < decayed->second) out.back() ^= std::byte{1};
    return {};
  }
  Result<bucket::Object> find(std::string_view name) override { return packs_->find(name); }
  Result<std::vector<bucket::Object>> list() override { return packs_->list(); }
  Result<void> remove(std::string_view name) override { return packs_->remove(name); }
  void decay() {
    auto const objects = *packs_->list();
    for (auto const& object : objects) decayed_bytes_[object.name] = object.size_bytes;
  }

 private:
  std::unique_ptr<bucket::Bucket> packs_ = bucket::open_memory();
  std::map<std::string, std::uint64_t> decayed_bytes_;
};

/// Gives the same chunk for whatever is fetched.
class OneAnswer final : public remote::Transport {
 public:
  explicit OneAnswer(Bytes chunk) : chunk_(std::move(chunk)) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const&) override {
    http::Response response;
    put_le(response.body, static_cast<std::uint32_t>(chunk_.size()));
    response.body.insert(response.body.end(), chunk_.begin(), chunk_.end());
    return response;
  }

 private:
  Bytes const chunk_;
  http::Endpoint endpoint_{false, "source", 1, {}, {}};
};

class CopierTest : public testing::Test {
 protected:
  void SetUp() override { restart(); }
  /// As after kill -9 of the destination: nothing of the copier's memory is left.
  void restart() {
    auto sources = std::make_unique<Sources>();
    sources->add(std::make_unique<Source>("us-east-1", "us-west-2",
                                          std::make_unique<Wire>(answering_, faults_), std::nullopt));
    restart(std::move(sources));
  }
  void restart(std::unique_ptr<Sources> sources) {
    copier_.reset();
    sources_ = std::move(sources);
    copier_ = std::make_unique<Copier>("us-west-2", west_.catalogue, *west_.content, *sources_, west_.keys,
                                       west_.master_keys, west_.clock, *west_.entropy);
    ASSERT_TRUE(copier_->start());
  }
  Result<std::string> copy(access::Caller const& caller, std::string const& image, std::string const& name,
                           std::string const& region = "us-east-1", bool encrypted = false) {
    messages::ec2::CopyImageRequest request;
    request.name = name;
    request.source_image_id = image;
    request.source_region = region;
    if (encrypted) request.encrypted = true;
    auto* source = TRY(sources_->find(region));
    auto opened = TRY(source->open({caller.account, image}));
    auto response = TRY(west_.run([&](catalogue::Transaction& tx) {
      return ec2::copy_image(tx, caller, west_.clock.now(), *west_.entropy, west_.keys, west_.master_keys,
                             opened, request);
    }));
    return *response.image_id;
  }
  images::Image image(std::string const& id) {
    return *west_.run([&](catalogue::Transaction& tx) { return catalogue::find_image(tx, id); });
  }
  images::Snapshot snapshot_of(std::string const& id) {
    auto snapshot = image(id).mappings.front().snapshot_id;
    return *west_.run([&](catalogue::Transaction& tx) { return catalogue::find_snapshot(tx, snapshot); });
  }
  /// Until the image is no longer pending; the clock passes every wait.
  void finish(std::string const& id) {
    for (int i = 0; i < 10'000 && image(id).state == images::ImageState::pending; ++i) {
      auto next = copier_->step();
      ASSERT_TRUE(next) << next.error().message;
      pass(std::max<Duration>(*next - west_.clock.now(), Duration{1}));
    }
  }
  void deregister(std::string const& id) {
    messages::ec2::DeregisterImageRequest request;
    request.image_id = id;
    ASSERT_TRUE(
        west_.run([&](catalogue::Transaction& tx) { return ec2::deregister_image(tx, kOwner, request); }));
  }
  /// At the source.
  std::int64_t count_leases() {
    return *east_.run([](catalogue::Transaction& tx) -> Result<std::int64_t> {
      auto const rows = TRY(tx.query("SELECT count(*) FROM leases"));
      TRY(rows->next());
      return rows->integer(0);
    });
  }
  void pass(Duration time) {
    west_.clock.advance(time);
    east_.clock.advance(time);
  }

  tests::Region east_{"us-east-1"};
  tests::Region west_{"us-west-2"};
  peer::Source answering_ = tests::answering_for(east_);
  Wire::Faults faults_;
  std::unique_ptr<Sources> sources_;
  std::unique_ptr<Copier> copier_;
};

/// Of everything in the region, which only copies brought.
std::int64_t stored_bytes(tests::Region& region) {
  std::int64_t sum = 0;
  auto const all = region.store->totals();
  for (auto const& [domain, totals] : *all) sum += totals.block_bytes + totals.node_bytes;
  return sum;
}

TEST_F(CopierTest, gives_the_destination_the_same_disk_bit_for_bit) {
  auto blocks = some_blocks();
  auto source = east_.make_snapshot(kOwner.account, blocks);
  auto id = copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(image(*id).state, images::ImageState::pending);
  finish(*id);
  EXPECT_EQ(image(*id).state, images::ImageState::available);
  auto made = snapshot_of(*id);
  EXPECT_EQ(west_.read(made), blocks);
  EXPECT_EQ(made.content_digest, source.content_digest);
  EXPECT_EQ(made.copy_bytes_done, source.content_bytes);
  EXPECT_EQ(made.content_bytes, source.content_bytes);
}

TEST_F(CopierTest, copies_what_earlier_versions_took_and_xml_cannot_hold_as_answers_show_it) {
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto old = east_.make_image(kOwner.account, "base", source.id);
  old.id = make_resource_id(*east_.entropy, "ami-");
  old.name = "old";
  old.description = "no\x01 XML";
  old.kernel_id = std::string(65, 'k');
  old.ramdisk_id = "ari-\x01";
  auto& mapping = old.mappings.emplace_back();
  mapping.device_name = "/dev/sdb";
  mapping.virtual_name = "ephemeral" + std::string(64, '0');
  ASSERT_TRUE(east_.run([&](catalogue::Transaction& tx) -> Result<void> {
    TRY(catalogue::save_description(tx, source.id, "a disk\x01"));
    return catalogue::insert_image(tx, old);
  }));
  auto const id = copy(kOwner, old.id, "copied");
  ASSERT_TRUE(id) << id.error().message;
  finish(*id);
  auto const made = image(*id);
  EXPECT_EQ(made.state, images::ImageState::available) << made.state_reason;
  EXPECT_TRUE(made.description.ends_with("] no XML")) << made.description;
  EXPECT_FALSE(made.kernel_id);
  EXPECT_EQ(made.ramdisk_id, "ari-");
  EXPECT_EQ(made.mappings.size(), 1U);
}

TEST_F(CopierTest, is_refused_what_has_more_devices_than_an_image_may_have_and_leaves_no_lease) {
  auto const source = east_.make_snapshot(kOwner.account, {{5, block(5)}});
  auto old = east_.make_image(kOwner.account, "base", source.id);
  old.id = make_resource_id(*east_.entropy, "ami-");
  old.name = "old";
  auto const mapping = old.mappings.front();
  old.mappings.assign(images::kMaxMappings + 1, mapping);
  ASSERT_TRUE(east_.run([&](catalogue::Transaction& tx) { return catalogue::insert_image(tx, old); }));
  EXPECT_EQ(copy(kOwner, old.id, "copied").error().code, "InvalidBlockDeviceMapping");
  EXPECT_EQ(count_leases(), 0);
}

TEST_F(CopierTest, moves_only_what_changed_for_the_next_version) {
  auto blocks = some_blocks();
  auto first = east_.make_snapshot(kOwner.account, blocks);
  finish(*copy(kOwner, east_.make_image(kOwner.account, "one", first.id).id, "one"));
  auto second = east_.make_snapshot(kOwner.account, {{1, block(900)}}, 1, first);
  blocks[1] = block(900);
  faults_.fetched_bytes = 0;
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "two", second.id).id, "two");
  finish(id);
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
  auto const changed = content::encode_block(block(900), 1).size();
  auto const nodes = 2 * store::kMaxNodeBytes;  // the root and the node above the changed block
  EXPECT_LT(faults_.fetched_bytes, changed + nodes);
  EXPECT_EQ(snapshot_of(id).copy_bytes_done, second.content_bytes);
}

TEST_F(CopierTest, moves_nothing_for_a_disk_that_is_here) {
  auto first = east_.make_snapshot(kOwner.account, some_blocks());
  finish(*copy(kOwner, east_.make_image(kOwner.account, "one", first.id).id, "one"));
  faults_.fetches = 0;
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "two", first.id).id, "two");
  finish(id);
  EXPECT_EQ(faults_.fetches, 0U);
  EXPECT_EQ(snapshot_of(id).copy_bytes_moved, 0);
}

TEST_F(CopierTest, moves_again_for_a_second_account_what_the_first_one_has) {
  auto blocks = some_blocks();
  auto first = east_.make_snapshot(kOwner.account, blocks);
  auto base = east_.make_image(kOwner.account, "base", first.id);
  finish(*copy(kOwner, base.id, "mine"));
  auto const moved = faults_.fetched_bytes;
  east_.share(base.id, {images::PrincipalKind::account, kRecipient.account});
  east_.share(first.id, {images::PrincipalKind::account, kRecipient.account});
  faults_.fetched_bytes = 0;
  auto id = *copy(kRecipient, base.id, "his");
  finish(id);
  EXPECT_EQ(faults_.fetched_bytes, moved) << "what a stranger stored must not show";
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
}

TEST_F(CopierTest, goes_on_after_a_kill_at_any_call_without_moving_again_what_arrived) {
  auto const blocks = some_blocks();
  auto source = east_.make_snapshot(kOwner.account, blocks);
  auto base = east_.make_image(kOwner.account, "base", source.id);
  finish(*copy(
      kRecipient,
      [&] {
        east_.share(base.id, images::kEverybody);
        east_.share(source.id, images::kEverybody);
        return base.id;
      }(),
      "whole"));
  auto const whole = faults_.fetched_bytes;
  auto const stored = stored_bytes(west_);
  int const calls = faults_.calls;
  ASSERT_GT(calls, 3);
  for (int call = 1; call < calls; ++call) {  // call 0 opens
    SCOPED_TRACE(call);
    tests::Region west{"us-west-2"};
    Wire::Faults faults;
    faults.fail_call = call;
    faults.answered = false;
    Sources sources;
    sources.add(std::make_unique<Source>("us-east-1", "us-west-2", std::make_unique<Wire>(answering_, faults),
                                         std::nullopt));
    auto opened = (*sources.find("us-east-1"))->open({kOwner.account, base.id});
    ASSERT_TRUE(opened);
    messages::ec2::CopyImageRequest request;
    request.name = "copied";
    request.source_image_id = base.id;
    request.source_region = "us-east-1";
    auto response = west.run([&](catalogue::Transaction& tx) {
      return ec2::copy_image(tx, kOwner, west.clock.now(), *west.entropy, west.keys, west.master_keys,
                             *opened, request);
    });
    ASSERT_TRUE(response);
    auto state = [&] {
      return *west.run(
          [&](catalogue::Transaction& tx) { return catalogue::find_image(tx, *response->image_id); });
    };
    for (int run = 0; run < 2 && state().state == images::ImageState::pending; ++run) {
      Copier copier("us-west-2", west.catalogue, *west.content, sources, west.keys, west.master_keys,
                    west.clock, *west.entropy);
      ASSERT_TRUE(copier.start());
      for (int i = 0; i < 100 && state().state == images::ImageState::pending; ++i) {
        ASSERT_TRUE(copier.step());
        west.clock.advance(Duration{1});
        if (run == 0 && faults.calls > call) break;  // killed where the call was cut
      }
    }
    ASSERT_EQ(state().state, images::ImageState::available) << state().state_reason;
    auto const copied = state().mappings.front().snapshot_id;
    auto made = *west.run([&](catalogue::Transaction& tx) { return catalogue::find_snapshot(tx, copied); });
    EXPECT_EQ(west.read(made), blocks);
    EXPECT_EQ(faults.fetched_bytes, whole);
    EXPECT_EQ(made.copy_bytes_moved, stored) << "what had arrived when it was killed counts";
  }
}

TEST_F(CopierTest, asks_again_for_bytes_that_are_not_what_their_id_says) {
  auto blocks = some_blocks();
  auto source = east_.make_snapshot(kOwner.account, blocks);
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  faults_.spoil_call = faults_.calls + 2;
  finish(id);
  EXPECT_EQ(image(id).state, images::ImageState::available);
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
}

TEST_F(CopierTest, fails_with_the_reason_when_the_source_always_sends_something_else) {
  auto source = east_.make_snapshot(kOwner.account, some_blocks());
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  for (int i = 0; i < 100 && image(id).state == images::ImageState::pending; ++i) {
    faults_.spoil_call = faults_.calls;  // the next answer
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
  }
  EXPECT_EQ(image(id).state, images::ImageState::failed);
  EXPECT_NE(image(id).state_reason.find("us-east-1 sent"), std::string::npos) << image(id).state_reason;
  EXPECT_EQ(snapshot_of(id).state, images::SnapshotState::error);
}

TEST_F(CopierTest, blames_the_source_for_what_is_no_manifest_node) {
  auto const zeros = content::hole_digest(content::height_of(1));
  for (auto const& chunk : {to_bytes(as_bytes("this is no chunk")), content::encode_block(block(1), 1)}) {
    Source source("us-east-1", "us-west-2", std::make_unique<OneAnswer>(chunk), std::nullopt);
    DiskToCopy const wanted{west_.domain_of(kOwner.account).number,
                            content::ClearReference{digest::sha256(chunk), zeros},
                            1,
                            "lease",
                            "snap-00000000000000001",
                            {},
                            0};
    DiskCopy copy(
        *west_.content, source, wanted, [] { return Result<void>{}; }, west_.clock);
    auto const stepped = copy.step(west_.clock.now() + Duration{1});
    ASSERT_FALSE(stepped);
    EXPECT_EQ(stepped.error().fault, Fault::corrupt);
    EXPECT_EQ(stepped.error().code, kSourceFailed) << stepped.error().message;
    EXPECT_EQ(stored_bytes(west_), 0) << "nothing of it is kept";
  }
}

TEST_F(CopierTest, fetches_what_is_damaged_here_and_does_not_blame_the_source) {
  auto packs = std::make_unique<DecayingPacks>();
  auto& decaying = *packs;
  west_.content.reset();
  west_.store.reset();
  west_.packs = std::move(packs);
  ASSERT_TRUE(west_.open());
  restart();
  auto blocks = some_blocks();
  auto const first = east_.make_snapshot(kOwner.account, blocks);
  finish(*copy(kOwner, east_.make_image(kOwner.account, "one", first.id).id, "one"));
  decaying.decay();
  blocks[600] = block(900);
  auto const second = east_.make_snapshot(kOwner.account, {{600, blocks[600]}}, 1, first);
  auto const id = *copy(kOwner, east_.make_image(kOwner.account, "two", second.id).id, "two");
  std::set<std::string> reasons;
  for (int i = 0; i < 1'000 && image(id).state == images::ImageState::pending; ++i) {
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
    reasons.insert(image(id).state_reason);
  }
  EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
  EXPECT_GT(west_.store->damage_found(), 10U);
  reasons.erase("");
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_TRUE(reasons.begin()->starts_with("Waiting for the storage of region us-west-2"))
      << *reasons.begin();
}

TEST_F(CopierTest, goes_on_when_the_source_was_unshared_and_deleted_in_the_middle) {
  auto blocks = some_blocks();
  auto source = east_.make_snapshot(kOwner.account, blocks);
  auto base = east_.make_image(kOwner.account, "base", source.id);
  east_.share(base.id, images::kEverybody);
  east_.share(source.id, images::kEverybody);
  auto id = *copy(kRecipient, base.id, "copied");
  ASSERT_TRUE(east_.run([&](catalogue::Transaction& tx) -> Result<void> {
    TRY(catalogue::remove_all_permissions(tx, base.id));
    auto gone = base;
    gone.state = images::ImageState::deregistered;
    TRY(catalogue::save_image(tx, gone));
    return catalogue::remove_snapshot(tx, source.id);
  }));
  finish(id);
  EXPECT_EQ(image(id).state, images::ImageState::available);
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
}

TEST_F(CopierTest, waits_for_a_source_that_is_away_and_renews_a_lease_that_ran_out) {
  auto source = east_.make_snapshot(kOwner.account, some_blocks());
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  faults_.fail_call = faults_.calls;
  ASSERT_TRUE(copier_->step());
  EXPECT_EQ(image(id).state, images::ImageState::pending);
  EXPECT_EQ(image(id).state_reason_code, "Server.SourceUnavailable");
  EXPECT_TRUE(snapshot_of(id).status_message.starts_with("Waiting for region us-east-1"));
  pass(std::chrono::hours(30));
  restart();
  finish(id);
  EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
  EXPECT_EQ(image(id).state_reason_code + image(id).state_reason + snapshot_of(id).status_message, "");
}

TEST_F(CopierTest, waits_for_a_source_that_the_configuration_names_no_more) {
  auto const blocks = some_blocks();
  auto const source = east_.make_snapshot(kOwner.account, blocks);
  auto const base = east_.make_image(kOwner.account, "base", source.id);
  auto const id = *copy(kOwner, base.id, "copied");
  auto const cancelled = *copy(kOwner, base.id, "cancelled");
  restart(std::make_unique<Sources>());
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
    if (i == 30) deregister(cancelled);
  }
  EXPECT_EQ(image(id).state, images::ImageState::pending) << image(id).state_reason;
  EXPECT_EQ(image(id).state_reason_code, "Server.SourceUnavailable");
  EXPECT_EQ(image(id).state_reason,
            "Waiting for region us-east-1, which does not answer now; the copy goes on when it does");
  EXPECT_EQ(snapshot_of(id).state, images::SnapshotState::pending);
  restart();
  finish(id);
  EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
}

TEST_F(CopierTest, goes_on_with_other_sources_while_one_is_away) {
  tests::Region other{"eu-west-1"};
  auto answering = tests::answering_for(other);
  Wire::Faults faults;
  sources_->add(std::make_unique<Source>("eu-west-1", "us-west-2", std::make_unique<Wire>(answering, faults),
                                         std::nullopt));
  auto const blocks = some_blocks();
  auto const theirs =
      other.make_image(kOwner.account, "theirs", other.make_snapshot(kOwner.account, {{0, block(1)}}).id);
  std::vector<std::string> waiting;
  for (int i = 0; i < 30; ++i)
    waiting.push_back(*copy(kOwner, theirs.id, "copy " + std::to_string(i), "eu-west-1"));
  auto source = east_.make_snapshot(kOwner.account, blocks);
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  faults.away = true;
  int const opened = faults.calls;
  finish(id);
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
  EXPECT_EQ(faults.calls, opened + 1) << "one task tried it, and all wait";
  for (auto const& image_id : waiting) {
    EXPECT_EQ(image(image_id).state_reason_code, "Server.SourceUnavailable");
    EXPECT_EQ(image(image_id).state_reason,
              "Waiting for region eu-west-1, which does not answer now; the copy goes on when it does");
  }
  faults.away = false;
  for (auto const& image_id : waiting) finish(image_id);
  for (auto const& image_id : waiting) {
    EXPECT_EQ(image(image_id).state, images::ImageState::available);
    EXPECT_EQ(image(image_id).state_reason, "");
  }
}

TEST_F(CopierTest, holds_up_no_other_copy_for_what_is_damaged_at_its_source) {
  auto packs = std::make_unique<DecayingPacks>();
  auto& decaying = *packs;
  tests::Region other{"eu-west-1"};
  other.content.reset();
  other.store.reset();
  other.packs = std::move(packs);
  ASSERT_TRUE(other.open());
  auto answering = tests::answering_for(other);
  Wire::Faults faults;
  sources_->add(std::make_unique<Source>("eu-west-1", "us-west-2", std::make_unique<Wire>(answering, faults),
                                         std::nullopt));
  auto const damaged =
      other.make_image(kOwner.account, "damaged", other.make_snapshot(kOwner.account, some_blocks()).id);
  decaying.decay();
  store::Scrub scrub(*other.store);
  for (bool ended = false; !ended;) {
    auto const step = scrub.step(other.clock.now());
    ASSERT_TRUE(step) << step.error().message;
    ended = *step;
  }
  ASSERT_GT(scrub.result().damaged_chunks, 0) << "the source knows what it cannot give";
  Blocks const blocks{{0, block(900)}};
  auto const whole =
      other.make_image(kOwner.account, "whole", other.make_snapshot(kOwner.account, blocks).id);
  auto const stuck = *copy(kOwner, damaged.id, "stuck", "eu-west-1");
  ASSERT_TRUE(copier_->step());
  EXPECT_EQ(image(stuck).state, images::ImageState::pending);
  EXPECT_EQ(image(stuck).state_reason,
            "Waiting for region eu-west-1, which failed at what was asked; it is asked again");
  auto const id = *copy(kOwner, whole.id, "copied", "eu-west-1");
  copier_->look_for_tasks();
  ASSERT_TRUE(copier_->step());  // at the same moment: it waits for nothing
  EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
  EXPECT_EQ(west_.read(snapshot_of(id)), blocks);
  int minutes = 0;
  for (; minutes < 25 * 60 && image(stuck).state == images::ImageState::pending; ++minutes) {
    if (minutes % 60 == 0)  // others that go well meanwhile change nothing about it
      finish(*copy(kOwner, whole.id, "copied after " + std::to_string(minutes), "eu-west-1"));
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
  }
  EXPECT_EQ(image(stuck).state, images::ImageState::failed);
  EXPECT_GT(minutes, 23 * 60);
}

TEST_F(CopierTest, gives_up_a_source_that_was_away_for_a_day) {
  auto source = east_.make_snapshot(kOwner.account, some_blocks());
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  faults_.away = true;
  int minutes = 0;
  for (; minutes < 25 * 60 && image(id).state == images::ImageState::pending; ++minutes) {
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
  }
  EXPECT_EQ(image(id).state, images::ImageState::failed);
  EXPECT_GT(minutes, 23 * 60);
}

TEST_F(CopierTest, gives_each_copy_a_day_of_its_own) {
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto const base = east_.make_image(kOwner.account, "base", source.id);
  auto const first = *copy(kOwner, base.id, "first");
  faults_.away = true;
  for (int i = 0; i < 25 * 60 && image(first).state == images::ImageState::pending; ++i) {
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
  }
  ASSERT_EQ(image(first).state, images::ImageState::failed);
  faults_.away = false;
  auto const second = *copy(kOwner, base.id, "second");
  faults_.fail_call = faults_.calls;
  ASSERT_TRUE(copier_->step());
  EXPECT_EQ(faults_.calls, faults_.fail_call + 1) << "the first answer is lost";
  EXPECT_EQ(image(second).state, images::ImageState::pending) << image(second).state_reason;
  finish(second);
  EXPECT_EQ(image(second).state, images::ImageState::available) << image(second).state_reason;
}

TEST_F(CopierTest, holds_up_no_collection_while_its_source_is_away) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    auto const source = east_.make_snapshot(kOwner.account, some_blocks());
    auto const base = east_.make_image(kOwner.account, "base " + std::to_string(i), source.id);
    ids.push_back(*copy(kOwner, base.id, base.name, "us-east-1", true));
  }
  faults_.before = [&](http::Request const& request) {  // a step asks for a root, and its time is over
    if (request.path == "/replication/fetch") pass(Duration{300});
  };
  for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_TRUE(copier_->step());
  ASSERT_EQ(faults_.fetches, ids.size()) << "all of them are under way";
  faults_.before = [](http::Request const&) {};
  faults_.away = true;
  ASSERT_TRUE(copier_->step());
  auto const sweep = store::Sweep::begin(*west_.store, 1U << 20U, 1);
  ASSERT_TRUE(sweep) << sweep.error().message;
  auto const ready = (*sweep)->is_ready();
  ASSERT_TRUE(ready) << ready.error().message;
  EXPECT_TRUE(*ready) << "it waits for nothing that waits for the source";
  faults_.away = false;
  for (auto const& id : ids) {
    finish(id);
    EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
  }
}

TEST_F(CopierTest, keeps_a_task_whose_step_outlives_its_claim) {
  auto const blocks = some_blocks();
  auto source = east_.make_snapshot(kOwner.account, blocks);
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  std::atomic<int> slow = 0;  // fetches are made on several threads
  faults_.before = [&](http::Request const& request) {
    if (request.path != "/replication/fetch" || slow++ > 0) return;
    pass(std::chrono::minutes(3));
    auto const idle = copier_->step();  // another thread, which has nothing to do
    ASSERT_TRUE(idle) << idle.error().message;
    EXPECT_GT(*idle, west_.clock.now());
  };
  finish(id);
  EXPECT_GT(slow, 0);
  EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
  EXPECT_EQ(snapshot_of(id).copy_bytes_moved, stored_bytes(west_)) << "nothing came twice";
}

TEST_F(CopierTest, stops_a_copy_whose_image_was_deregistered) {
  auto source = east_.make_snapshot(kOwner.account, some_blocks());
  auto id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  faults_.fail_call = faults_.calls + 1;  // the task is claimed and under way
  ASSERT_TRUE(copier_->step());
  auto task = *west_.run([&](catalogue::Transaction& tx) { return catalogue::find_copy_of_image(tx, id); });
  ASSERT_TRUE(task);
  ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) { return catalogue::remove_copy(tx, task->id); }));
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(copier_->step());
    pass(Duration{100});
  }
  EXPECT_EQ(image(id).state, images::ImageState::pending) << "a cancelled task commits nothing";
}

TEST_F(CopierTest, closes_nothing_for_a_copy_that_was_cancelled_and_collected_in_the_middle) {
  auto const first = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  auto const one = *copy(kOwner, east_.make_image(kOwner.account, "one", first.id).id, "one");
  finish(one);
  auto const second = east_.make_snapshot(kOwner.account, {{1, block(2)}}, 1, first);
  auto const two = east_.make_image(kOwner.account, "two", second.id);
  auto const cancelled = *copy(kOwner, two.id, "cancelled");
  std::string again;
  std::atomic<int> fetches = 0;  // of each copy: its root, the node below, and blocks
  faults_.before = [&](http::Request const& request) {
    if (request.path != "/replication/fetch") return;
    auto const fetch = ++fetches;
    if (fetch == 6) faults_.away = true;
    if (fetch != 3) return;
    auto const known = snapshot_of(one).id;  // the cancelled one has seen its block
    deregister(one);
    deregister(cancelled);
    ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, known); }));
    upkeep::Collection collection(west_.catalogue, *west_.store, west_.clock, 1, true, {});
    for (int i = 0; i < 100 && collection.phase() != upkeep::Collection::Phase::done; ++i)
      ASSERT_TRUE(collection.step());
    ASSERT_EQ(collection.phase(), upkeep::Collection::Phase::done) << "it waits for no fetch";
    again = *copy(kOwner, two.id, "again");
    copier_->look_for_tasks();
    ASSERT_TRUE(copier_->step());  // another thread, which gets the same nodes and no block
    faults_.away = false;
  };
  copier_->look_for_tasks();
  ASSERT_TRUE(copier_->step());
  ASSERT_EQ(fetches, 6);
  finish(again);
  ASSERT_EQ(image(again).state, images::ImageState::available) << image(again).state_reason;
  EXPECT_EQ(west_.read(snapshot_of(again)), (Blocks{{0, block(1)}, {1, block(2)}}));
}

TEST_F(CopierTest, takes_no_disk_that_ends_before_what_is_here_of_it) {
  auto const first = east_.make_snapshot(kOwner.account, {{0, block(1)}, {39 * 2'048, block(2)}}, 40);
  auto const second = east_.make_snapshot(kOwner.account, {{1, block(3)}}, 40, first);
  finish(*copy(kOwner, east_.make_image(kOwner.account, "true", first.id).id, "true"));
  for (auto const& lie : {first, second}) {  // here whole, and below its root
    ASSERT_TRUE(east_.run([&](catalogue::Transaction& tx) {
      return tx.execute("UPDATE snapshots SET volume_size_gib = 33 WHERE id = ?1",
                        {std::string_view(lie.id)});
    }));
    auto const id = *copy(kOwner, east_.make_image(kOwner.account, lie.id, lie.id).id, lie.id);
    finish(id);
    EXPECT_EQ(image(id).state, images::ImageState::failed);
    EXPECT_NE(image(id).state_reason.find("reaches beyond the disk"), std::string::npos)
        << image(id).state_reason;
  }
}

TEST_F(CopierTest, takes_no_disk_that_holds_more_or_less_than_its_source_said) {
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto const base = east_.make_image(kOwner.account, "base", source.id);
  auto const say = [&](std::int64_t content_bytes) {
    ASSERT_TRUE(east_.run([&](catalogue::Transaction& tx) {
      return tx.execute("UPDATE snapshots SET content_bytes = ?1 WHERE id = ?2",
                        {content_bytes, std::string_view(source.id)});
    }));
  };
  for (bool const encrypted : {false, true}) {
    auto const form = std::string(encrypted ? "sealed " : "open ");
    for (auto const said : {std::int64_t{0}, source.content_bytes - 1, source.content_bytes + 1,
                            source.content_bytes + std::int64_t{content::kBlockBytes}}) {
      say(said);
      auto const id = *copy(kOwner, base.id, form + std::to_string(said), "us-east-1", encrypted);
      finish(id);
      EXPECT_EQ(image(id).state, images::ImageState::failed);
      EXPECT_EQ(
          image(id).state_reason,
          "Copying from us-east-1 failed: us-east-1 sent a disk that holds more or less than it opened");
    }
  }
  ASSERT_TRUE(west_.store->flush());
  auto const stored = *west_.store->totals();
  for (auto const& [domain, totals] : stored) EXPECT_EQ(totals.blocks, 0) << "no block was asked for";
  say(source.content_bytes);
  auto const id = *copy(kOwner, base.id, "copied");
  finish(id);
  EXPECT_EQ(image(id).state, images::ImageState::available) << image(id).state_reason;
}

TEST_F(CopierTest, gives_its_lease_back_however_a_copy_ends) {
  LeaseCloser closer("us-west-2", west_.catalogue, *sources_, west_.clock);
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto const base = east_.make_image(kOwner.account, "base", source.id);
  auto const leases = [&] {
    EXPECT_TRUE(closer.step());
    return count_leases();
  };
  auto const whole = *copy(kOwner, base.id, "whole");
  EXPECT_EQ(leases(), 1) << "it is needed";
  finish(whole);
  EXPECT_EQ(image(whole).state, images::ImageState::available);
  EXPECT_EQ(leases(), 0);

  auto const other = east_.make_snapshot(kOwner.account, {{0, block(77)}});
  auto const failed = *copy(kOwner, east_.make_image(kOwner.account, "other", other.id).id, "failed");
  for (int i = 0; i < 100 && image(failed).state == images::ImageState::pending; ++i) {
    faults_.spoil_call = faults_.calls;
    ASSERT_TRUE(copier_->step());
    pass(std::chrono::minutes(1));
  }
  EXPECT_EQ(image(failed).state, images::ImageState::failed);
  EXPECT_EQ(leases(), 0);

  auto const cancelled = *copy(kOwner, base.id, "cancelled");
  faults_.away = true;
  deregister(cancelled);
  EXPECT_EQ(leases(), 1) << "its source is away";
  faults_.away = false;
  pass(std::chrono::minutes(1));
  EXPECT_EQ(leases(), 0);
}

TEST_F(CopierTest, forgets_leases_at_a_source_that_has_been_away_for_longer_than_they_last) {
  LeaseCloser closer("us-west-2", west_.catalogue, *sources_, west_.clock);
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  deregister(*copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "cancelled"));
  auto const waiting = [&] {
    EXPECT_TRUE(closer.step());
    return west_.run([](catalogue::Transaction& tx) { return catalogue::list_sources_of_ended_leases(tx); })
        ->size();
  };
  faults_.away = true;
  EXPECT_EQ(waiting(), 1);
  pass(std::chrono::hours(23));
  EXPECT_EQ(waiting(), 1);
  pass(std::chrono::hours(2));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(CopierTest, gives_leases_back_to_a_slow_source_one_by_one) {
  LeaseCloser closer("us-west-2", west_.catalogue, *sources_, west_.clock);
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto const base = east_.make_image(kOwner.account, "base", source.id);
  for (auto const* name : {"one", "two", "three"}) deregister(*copy(kOwner, base.id, name));
  faults_.before = [&](http::Request const&) { pass(Duration{300}); };
  for (int left = 3; left > 0; --left) {
    EXPECT_EQ(count_leases(), left);
    auto const next = closer.step();
    ASSERT_TRUE(next) << next.error().message;
    if (left > 1) {
      EXPECT_LE(*next, west_.clock.now()) << "there are more";
    }
  }
  EXPECT_EQ(count_leases(), 0);
}

TEST_F(CopierTest, gives_back_what_a_second_call_with_the_same_token_opened) {
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto const base = east_.make_image(kOwner.account, "base", source.id);
  messages::ec2::CopyImageRequest request;
  request.name = "copied";
  request.source_image_id = base.id;
  request.source_region = "us-east-1";
  request.client_token = "token";
  auto* from = *sources_->find("us-east-1");
  auto const call = [&] {  // both have asked the source before either is recorded
    auto const opened = *from->open({kOwner.account, base.id});
    return *west_.run([&](catalogue::Transaction& tx) {
      return ec2::copy_image(tx, kOwner, west_.clock.now(), *west_.entropy, west_.keys, west_.master_keys,
                             opened, request);
    });
  };
  EXPECT_EQ(call().image_id, call().image_id);
  EXPECT_EQ(count_leases(), 2);
  LeaseCloser closer("us-west-2", west_.catalogue, *sources_, west_.clock);
  EXPECT_TRUE(closer.step());
  EXPECT_EQ(count_leases(), 1);
}

TEST_F(CopierTest, opens_nothing_anew_for_a_copy_that_is_cancelled_in_the_middle) {
  auto const source = east_.make_snapshot(kOwner.account, some_blocks());
  auto const id = *copy(kOwner, east_.make_image(kOwner.account, "base", source.id).id, "copied");
  LeaseCloser closer("us-west-2", west_.catalogue, *sources_, west_.clock);
  std::atomic<bool> cancelled = false;
  faults_.before = [&](http::Request const& request) {
    if (request.path != "/replication/fetch" || cancelled.exchange(true)) return;
    deregister(id);
    ASSERT_TRUE(closer.step());
  };
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(copier_->step());
    pass(Duration{1'000});
  }
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(count_leases(), 0);
}

TEST_F(CopierTest, judges_the_source_as_any_call_of_that_account) {
  auto source = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  auto base = east_.make_image(kOwner.account, "base", source.id);
  EXPECT_EQ(copy(kRecipient, base.id, "copied").error().code, "InvalidAMIID.NotFound");
  east_.share(base.id, {images::PrincipalKind::account, kRecipient.account});
  auto refused = copy(kRecipient, base.id, "copied");
  EXPECT_EQ(refused.error().code, "InvalidRequest");
  EXPECT_EQ(refused.error().message, "You do not have permission to access the storage of this ami");
  east_.share(source.id, {images::PrincipalKind::account, kRecipient.account});
  EXPECT_TRUE(copy(kRecipient, base.id, "copied"));
}

TEST_F(CopierTest, opens_only_for_the_accounts_that_the_peer_may_speak_for) {
  auto source = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  auto base = east_.make_image(kOwner.account, "base", source.id);
  peer::Peer const other{"us-west-2", "west", {false, {kRecipient.account}}};
  for (auto const& resource : {base.id, std::string("ami-00000000000000000"), source.id}) {
    auto opened = peer::open(answering_, other, {kOwner.account, resource});
    EXPECT_EQ(opened.error().code, "UnauthorizedOperation");
    EXPECT_EQ(opened.error().message.find(resource), std::string::npos) << "nothing tells what is there";
  }
  auto lease = peer::open(answering_, kWest, {kOwner.account, base.id})->lease;
  EXPECT_TRUE(peer::renew(answering_, kWest, {lease}));
  EXPECT_EQ(peer::renew(answering_, other, {lease}).error().code, "LeaseNotFound") << "it may no longer";
  auto openings = *east_.run([](catalogue::Transaction& tx) { return catalogue::list_openings(tx, 10); });
  ASSERT_EQ(openings.size(), 4U);
  EXPECT_EQ(openings[0].outcome, "opened");
  EXPECT_EQ(openings[1].outcome, "UnauthorizedOperation");
  EXPECT_EQ(openings[1].resource, source.id);
  EXPECT_EQ(openings[1].peer + openings[1].region + openings[1].account, "westus-west-2" + kOwner.account);
}

TEST_F(CopierTest, gives_no_chunk_that_does_not_lie_under_an_opened_root) {
  auto source = east_.make_snapshot(kOwner.account, {{0, block(1)}});
  auto other = east_.make_snapshot(kRecipient.account, {{0, block(2)}});
  auto base = east_.make_image(kOwner.account, "base", source.id);
  auto opened = *peer::open(answering_, kWest, {kOwner.account, base.id});
  auto fetch = [&](std::string const& peer, std::string const& snapshot, std::int32_t level,
                   std::int64_t position, std::uint8_t slot) {
    messages::replication::FetchRequest request{
        opened.lease, snapshot, {{level, position, {std::byte{slot}}}}};
    auto bytes = peer::fetch(answering_, {peer, "west", {true, {}}}, request);
    return bytes ? std::string("given") : bytes.error().code;
  };
  EXPECT_EQ(fetch("us-west-2", source.id, 1, 0, 0), "given");
  EXPECT_EQ(fetch("us-west-2", source.id, 3, 0, 0), "given") << "the root";
  EXPECT_EQ(fetch("us-west-2", source.id, 1, 0, 1), "InvalidRange") << "a hole";
  EXPECT_EQ(fetch("us-west-2", source.id, 1, 1, 0), "InvalidRange");
  EXPECT_EQ(fetch("us-west-2", source.id, 1, 1'000'000, 0), "InvalidRange");
  EXPECT_EQ(fetch("us-west-2", source.id, 0, 0, 0), "InvalidRange");
  EXPECT_EQ(fetch("us-west-2", source.id, 4, 0, 0), "InvalidRange");
  EXPECT_EQ(fetch("us-west-2", other.id, 1, 0, 0), "InvalidRange") << "not opened by this lease";
  EXPECT_EQ(fetch("eu-west-1", source.id, 1, 0, 0), "LeaseNotFound") << "another region's lease";
}

}  // namespace
}  // namespace argosy::replication
