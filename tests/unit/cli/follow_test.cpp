#include "cli/follow.h"

#include <gtest/gtest.h>

#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

ec2::Image image(std::string state, std::vector<std::string> const& snapshots) {
  ec2::Image out;
  out.image_state = std::move(state);
  for (auto const& id : snapshots) out.block_device_mapping.emplace_back().ebs.emplace().snapshot_id = id;
  return out;
}
ec2::Snapshot snapshot(std::string id, std::string progress) {
  ec2::Snapshot out;
  out.snapshot_id = std::move(id);
  out.progress = std::move(progress);
  return out;
}

TEST(ImageProgress, adds_the_bytes_of_all_disks) {
  auto first = snapshot("snap-1", "50%");
  first.argosy = {100, 50, 20, std::nullopt};
  auto second = snapshot("snap-2", "100%");
  second.argosy = {10, 10, 0, std::nullopt};
  auto progress = summarize(image("pending", {"snap-1", "snap-2"}), {first, second});
  EXPECT_EQ(progress.state, "pending");
  EXPECT_EQ(progress.bytes_total, 110U);
  EXPECT_EQ(progress.bytes_done, 60U);
  EXPECT_EQ(progress.bytes_moved, 20U);
  EXPECT_EQ(progress.percent, 75);
  EXPECT_EQ(to_json(progress)["bytes_done"], 60U);
}

TEST(ImageProgress, falls_back_to_percent_where_the_service_says_no_bytes) {
  auto progress = summarize(image("pending", {}), {snapshot("snap-1", ""), snapshot("snap-2", "40%")});
  EXPECT_EQ(progress.percent, 20);
  EXPECT_EQ(progress.snapshot_ids, (std::vector<std::string>{"snap-1", "snap-2"}));
  EXPECT_TRUE(to_json(progress)["bytes_total"].is_null());
  EXPECT_EQ(show_outcome(progress), "pending");
}

TEST(ImageProgress, carries_the_reason_of_a_failure) {
  auto failed = image("failed", {});
  failed.state_reason = {"Client.InternalError", "the source is gone"};
  EXPECT_EQ(summarize(failed, {}).reason, "the source is gone");
}

TEST(Following, ends_with_what_the_service_says_of_an_id_that_was_not_seen_within_the_limit) {
  ScriptedService service;
  service.answers = {{"DescribeImages", {ec2_error("InvalidAMIID.NotFound")}},
                     {"DescribeSnapshots", {ec2_error("InvalidSnapshot.NotFound")}}};
  Terminal terminal(Format::table, ProgressStyle::none, true);
  auto const line = terminal.begin("it");
  auto const session = service.open();
  std::chrono::milliseconds const limit(300);
  ImageProgress progress;
  auto followed =
      follow_image(*session, "ami-1", Freshness::perhaps_just_made, limit, terminal, line, progress);
  ASSERT_FALSE(followed);
  EXPECT_EQ(followed.error().code, "InvalidAMIID.NotFound");
  EXPECT_EQ(followed.error().exit, Exit::service);
  followed = follow_snapshot(*session, "snap-1", limit, terminal, line);
  ASSERT_FALSE(followed);
  EXPECT_EQ(followed.error().code, "InvalidSnapshot.NotFound");
}

TEST(Following, ends_when_what_is_seen_does_not_move) {
  ScriptedService service;
  service.answers["DescribeSnapshots"] = {
      "<R><snapshotSet><item><snapshotId>snap-1</snapshotId><status>pending</status></item></snapshotSet></"
      "R>"};
  Terminal terminal(Format::table, ProgressStyle::none, true);
  auto const followed = follow_snapshot(*service.open(), "snap-1", std::chrono::milliseconds(300), terminal,
                                        terminal.begin("it"));
  ASSERT_FALSE(followed);
  EXPECT_EQ(followed.error().exit, Exit::timed_out);
}

TEST(ExitCode, tells_all_some_and_none_apart) {
  std::optional<Failure> none;
  std::optional<Failure> failed = Failure(Exit::service, "x");
  std::optional<Failure> late = Failure(Exit::timed_out, "x");
  EXPECT_EQ(combine({none, none}), Exit::done);
  EXPECT_EQ(combine({none, failed}), Exit::partly);
  EXPECT_EQ(combine({none, late}), Exit::partly);
  EXPECT_EQ(combine({failed, late}), Exit::failed);
  EXPECT_EQ(combine({failed}), Exit::failed);
  EXPECT_EQ(combine({late, late}), Exit::timed_out);
}

}  // namespace
}  // namespace argosy::cli
