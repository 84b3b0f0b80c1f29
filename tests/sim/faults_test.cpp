// tests/sim/faults_test.cpp - every operation that writes, with its first, second, third, … call to the disk
// failing: it says so, leaves nothing half done, and the region goes on.
#include <gtest/gtest.h>

#include "ec2/copy_image.h"
#include "ec2/copy_snapshot.h"
#include "ec2/delete_snapshot.h"
#include "ec2/deregister_image.h"
#include "ec2/image_attributes.h"
#include "ec2/register_image.h"
#include "ec2/snapshot_attributes.h"
#include "ec2/tags.h"
#include "replication/copier.h"
#include "support/machine.h"
#include "support/wire.h"

namespace argosy::tests {
namespace {

namespace m = messages::ec2;

/// The region that is copied from: it stays well, and every scene sees the same of it.
struct Source {
  Blocks blocks{{0, block(1)}, {300, block(2)}, {2'047, block(3)}};
  Region region{"us-east-1"};
  peer::Source answering = answering_for(region);
  Wire::Faults faults;
  replication::Source asking{"us-east-1", "us-west-2", std::make_unique<Wire>(answering, faults),
                             std::nullopt};
  std::string image =
      region.make_image(kOwner.account, "base", region.make_snapshot(kOwner.account, blocks).id).id;
  messages::replication::OpenResponse opened = *asking.open({kOwner.account, image});
};
Source& source() {
  static auto* const made = new Source;
  return *made;
}

/// A region on a disk with something of everything.
struct Scene {
  Machine machine{"us-west-2"};
  std::string snapshot = make_snapshot(3);
  std::string alone = make_snapshot(4);  ///< a snapshot of no image
  std::string image = machine.region().make_image(kOwner.account, "image", snapshot).id;
  std::string upload = *machine.uploads().start(snapshot);
  std::string accepted = *machine.uploads().start();  ///< an upload whose CompleteSnapshot was accepted

  Scene() {
    EXPECT_TRUE(machine.uploads().put(upload, 0, block(5)));
    EXPECT_TRUE(machine.uploads().put(upload, 1, block(6)));
    EXPECT_TRUE(machine.uploads().put(accepted, 7, block(7)));
    EXPECT_TRUE(machine.uploads().complete(accepted, 1));
  }
  std::string make_snapshot(std::uint32_t seed) {
    auto id = *machine.uploads().start();
    EXPECT_TRUE(machine.uploads().put(id, 0, block(seed)));
    EXPECT_TRUE(machine.uploads().complete(id, 1));
    EXPECT_TRUE(machine.uploads().step());
    return id;
  }
  /// Runs one operation as the front does.
  template <class Function>
  Result<void> run(Function function) {
    TRY(machine.region().run(function));
    return {};
  }
};

/// All rows of the catalogue, and the journal of the open upload.
std::string state_of(Scene& scene) {
  auto& region = scene.machine.region();
  auto dump = region.run([&](catalogue::Transaction& tx) -> Result<std::string> {
    std::vector<std::string> tables;
    std::string out;
    auto names = TRY(tx.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"));
    while (TRY(names->next())) tables.emplace_back(names->text(0));
    for (auto const& table : tables) {
      std::string columns;
      auto info = TRY(tx.query("SELECT name FROM pragma_table_info(?1)", {std::string_view(table)}));
      while (TRY(info->next())) columns += "quote(" + std::string(info->text(0)) + ") || ' ' || ";
      auto rows = TRY(tx.query("SELECT " + columns + "'' FROM " + table + " ORDER BY 1"));
      while (TRY(rows->next())) out += table + ": " + std::string(rows->text(0)) + "\n";
    }
    return out;
  });
  EXPECT_TRUE(dump) << dump.error().message;
  auto journal = region.content->summarize({scene.upload});
  EXPECT_TRUE(journal) << journal.error().message;
  return *dump + std::to_string(journal->blocks) + " blocks " + journal->linear.hex();
}

struct Operation {
  char const* name;
  std::function<Result<void>(Scene&)> run;
};

m::BlockDeviceMapping mapping_of(std::string const& snapshot) {
  m::BlockDeviceMapping mapping;
  mapping.device_name = "/dev/sda1";
  mapping.ebs.emplace();
  mapping.ebs->snapshot_id = snapshot;
  return mapping;
}

std::vector<Operation> const& operations() {
  static std::vector<Operation> const all{
      {"StartSnapshot",
       [](Scene& s) -> Result<void> {
         TRY(s.machine.uploads().start(s.snapshot));
         return {};
       }},
      {"PutSnapshotBlock_new", [](Scene& s) { return s.machine.uploads().put(s.upload, 2, block(50)); }},
      {"PutSnapshotBlock_known", [](Scene& s) { return s.machine.uploads().put(s.upload, 2, block(3)); }},
      {"PutSnapshotBlock_zeros",
       [](Scene& s) { return s.machine.uploads().put(s.upload, 2, Bytes(content::kBlockBytes)); }},
      {"CompleteSnapshot", [](Scene& s) { return s.machine.uploads().complete(s.upload, 2); }},
      {"RegisterImage",
       [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::RegisterImageRequest request;
           request.name = "registered";
           request.root_device_name = "/dev/sda1";
           request.block_device_mapping = {mapping_of(s.snapshot)};
           auto& region = s.machine.region();
           return ec2::register_image(tx, kOwner, region.clock.now(), *region.entropy, request);
         });
       }},
      {"CopyImage",
       [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::CopyImageRequest request;
           request.name = "copied";
           request.source_region = "us-east-1";
           request.source_image_id = source().image;
           auto& region = s.machine.region();
           return ec2::copy_image(tx, kOwner, region.clock.now(), *region.entropy, region.keys,
                                  region.master_keys, source().opened, request);
         });
       }},
      {"ModifyImageAttribute",
       [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::ModifyImageAttributeRequest request;
           request.image_id = s.image;
           request.attribute = "launchPermission";
           request.operation_type = "add";
           request.user_id = {kRecipient.account, kStranger.account};
           return ec2::modify_image_attribute(tx, kOwner, s.machine.region().keys, request);
         });
       }},
      {"ModifySnapshotAttribute",
       [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::ModifySnapshotAttributeRequest request;
           request.snapshot_id = s.snapshot;
           request.attribute = "createVolumePermission";
           request.operation_type = "add";
           request.user_id = {kRecipient.account};
           return ec2::modify_snapshot_attribute(tx, kOwner, s.machine.region().keys, request);
         });
       }},
      {"CreateTags",
       [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::CreateTagsRequest request;
           request.resource_id = {s.image, s.snapshot};
           request.tag = {{"one", "1"}, {"two", "2"}};
           return ec2::create_tags(tx, kOwner, request);
         });
       }},
      {"DeregisterImage",
       [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::DeregisterImageRequest request;
           request.image_id = s.image;
           request.delete_associated_snapshots = true;
           return ec2::deregister_image(tx, kOwner, request);
         });
       }},
      {"DeleteSnapshot", [](Scene& s) {
         return s.run([&](catalogue::Transaction& tx) {
           m::DeleteSnapshotRequest request;
           request.snapshot_id = s.alone;
           return ec2::delete_snapshot(tx, kOwner, request);
         });
       }}};
  return all;
}

class Faults : public testing::TestWithParam<Operation> {};

TEST_P(Faults, at_any_call_to_the_disk_are_told_and_leave_nothing_half_done) {
  Scene whole;
  auto const before = state_of(whole);
  auto done = GetParam().run(whole);
  ASSERT_TRUE(done) << done.error().message;
  auto const after = state_of(whole);
  for (int n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    ASSERT_LT(n, 200);
    Scene scene;
    ASSERT_EQ(state_of(scene), before) << "scenes are equal";
    auto const calls = scene.machine.disk().calls();
    scene.machine.disk().fail_call(n);
    done = GetParam().run(scene);
    bool const reached = scene.machine.disk().calls() - calls >= n;
    scene.machine.disk().repair();
    auto const now = state_of(scene);
    if (done) {
      EXPECT_EQ(now, after);
    } else {
      EXPECT_EQ(done.error().fault, Fault::unavailable) << done.error().message;
      EXPECT_EQ(done.error().code, "") << "the front says Unavailable or InternalServerException";
      EXPECT_NE(done.error().message.find(scene.machine.disk().folder()), std::string::npos)
          << done.error().message;
      EXPECT_TRUE(now == before || now == after) << "half done: " << now;
    }
    scene.machine.kill();
    auto const then =
        state_of(scene);  // a commit whose sync failed was refused, and may turn out to be there
    EXPECT_TRUE(then == now || (!done && then == after)) << "half done after a start: " << then;
    if (then == before) {
      auto again = GetParam().run(scene);
      EXPECT_TRUE(again) << again.error().message;
    }
    if (!reached) return;
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(of, Faults, testing::ValuesIn(operations()),
                         [](auto const& operation) { return operation.param.name; });

TEST(FaultsOfUploads, at_any_call_to_the_disk_delay_what_goes_on_behind_them_and_no_more) {
  for (int n = 1, reached = true; reached; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    ASSERT_LT(n, 200);
    Scene scene;
    auto uploads = scene.machine.uploads();
    auto const calls = scene.machine.disk().calls();
    scene.machine.disk().fail_call(n);
    scene.machine.region().clock.advance(std::chrono::hours(2));
    auto stepped = uploads.step();
    reached = scene.machine.disk().calls() - calls >= n;
    EXPECT_TRUE(stepped || stepped.error().fault == Fault::unavailable) << stepped.error().message;
    scene.machine.disk().repair();
    stepped = uploads.step();
    ASSERT_TRUE(stepped) << stepped.error().message;
    EXPECT_EQ(uploads.find(scene.upload).state, images::SnapshotState::error) << "it timed out";
    auto made = uploads.find(scene.accepted);
    ASSERT_EQ(made.state, images::SnapshotState::completed) << made.status_message;
    EXPECT_TRUE(scene.machine.region().read(made) == (Blocks{{7, block(7)}}));
  }
}

TEST(FaultsOfACopy, at_any_call_to_the_disk_delay_it_and_no_more) {
  for (int n = 1, reached = true; reached; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    Machine machine("us-west-2");
    auto& region = machine.region();
    m::CopyImageRequest request;
    request.name = "copied";
    request.source_region = "us-east-1";
    request.source_image_id = source().image;
    auto opened = *source().asking.open({kOwner.account, source().image});
    auto made = region.run([&](catalogue::Transaction& tx) {
      return ec2::copy_image(tx, kOwner, region.clock.now(), *region.entropy, region.keys, region.master_keys,
                             opened, request);
    });
    ASSERT_TRUE(made) << made.error().message;
    replication::Sources sources;
    sources.add(std::make_unique<replication::Source>(
        "us-east-1", "us-west-2", std::make_unique<Wire>(source().answering, source().faults), std::nullopt));
    replication::Copier copier("us-west-2", region.catalogue, *region.content, sources, region.keys,
                               region.master_keys, region.clock, *region.entropy);
    ASSERT_TRUE(copier.start());
    auto const calls = machine.disk().calls();
    machine.disk().fail_call(n);
    auto image = [&] {
      return *region.run(
          [&](catalogue::Transaction& tx) { return catalogue::find_image(tx, *made->image_id); });
    };
    for (int step = 0; step < 200 && image().state == images::ImageState::pending; ++step) {
      auto next = copier.step();
      region.clock.advance(next ? std::max<Duration>(*next - region.clock.now(), Duration{1})
                                : Duration{1'000});
      auto const reason = image().state_reason;
      EXPECT_TRUE(reason.empty() || reason.starts_with("Waiting for the storage of region us-west-2"))
          << reason;
    }
    reached = machine.disk().calls() - calls >= n;
    machine.disk().repair();
    ASSERT_EQ(image().state, images::ImageState::available) << image().state_reason;
    std::mt19937 random(static_cast<unsigned>(n));
    auto const snapshot = image().mappings.front().snapshot_id;
    machine.lose_power(Leaves::nothing, random);
    EXPECT_TRUE(machine.region().read(machine.uploads().find(snapshot)) == source().blocks);
    ASSERT_LT(n, 500);
  }
}

}  // namespace
}  // namespace argosy::tests
