#include "cli/compare.h"

#include <gtest/gtest.h>

#include "cli/patience.h"
#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

constexpr char const* kSnapshots =
    "<R><snapshotSet><item><snapshotId>snap-1</snapshotId><volumeSize>1</volumeSize></item></snapshotSet></"
    "R>";

/// Pages of lists of a service whose tokens are too old as soon as they are used.
class Pages : public testing::Test {
 protected:
  Pages() { service_.answers["DescribeSnapshots"] = {kSnapshots}; }
  Outcome<Comparison> compare(bool same_region) {
    auto session = service_.open();
    CompareOptions options;
    options.same_region = same_region;
    options.jobs = 1;
    options.patience = std::chrono::seconds(20);
    return compare_snapshots({*session, "snap-1"}, {*session, "snap-2"}, options, terminal_, "comparing");
  }

  ScriptedService service_;
  Terminal terminal_{Format::table, ProgressStyle::none, true};
};

TEST_F(Pages, of_blocks_go_on_behind_the_last_block_whatever_became_of_their_token) {
  std::string const first =
      R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"NextToken":"old","Blocks":[{"BlockIndex":7,"BlockToken":"t"}]})";
  std::string const last =
      R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"Blocks":[{"BlockIndex":9,"BlockToken":"t"}]})";
  service_.answers["ListSnapshotBlocks"] = {first, first, last, last};
  service_.answers["GetSnapshotBlock"] = {"x"};
  auto compared = compare(false);
  ASSERT_TRUE(compared) << explain(compared.error());
  EXPECT_TRUE(compared->same);
  EXPECT_EQ(compared->bytes_compared, 2 * kBlockBytes);
  EXPECT_EQ(service_.parameters("ListSnapshotBlocks", "pageToken"), std::vector<std::string>(4));
  EXPECT_EQ(service_.parameters("ListSnapshotBlocks", "startingBlockIndex"),
            (std::vector<std::string>{"", "", "8", "8"}));
}

TEST_F(Pages, are_asked_for_again_from_a_block_whose_token_is_not_taken_any_more) {
  auto const page = [](std::string const& token) {
    return R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"Blocks":[{"BlockIndex":7,"BlockToken":")" +
           token + R"("},{"BlockIndex":9,"BlockToken":")" + token + R"("}]})";
  };
  service_.answers["ListSnapshotBlocks"] = {page("a"), page("b"), page("newer a")};
  service_.answers["GetSnapshotBlock"] = {kRefusedToken, "x"};
  auto compared = compare(false);
  ASSERT_TRUE(compared) << explain(compared.error());
  EXPECT_TRUE(compared->same);
  EXPECT_EQ(service_.parameters("ListSnapshotBlocks", "startingBlockIndex"),
            (std::vector<std::string>{"", "", "7"}));
  EXPECT_EQ(service_.parameters("GetSnapshotBlock", "blockToken"),
            (std::vector<std::string>{"a", "newer a", "b", "newer a", "b"}));
}

TEST_F(Pages, whose_tokens_are_refused_twice_are_not_asked_for_a_third_time) {
  service_.answers["ListSnapshotBlocks"] = {
      R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"Blocks":[{"BlockIndex":7,"BlockToken":"t"}]})"};
  service_.answers["GetSnapshotBlock"] = {kRefusedToken};
  auto compared = compare(false);
  ASSERT_FALSE(compared);
  EXPECT_EQ(compared.error().code, "ValidationException");
  EXPECT_EQ(service_.count("ListSnapshotBlocks"), 3);
}

TEST_F(Pages, that_do_not_come_are_asked_for_again_and_the_terminal_says_so) {
  auto& answers = service_.answers["ListSnapshotBlocks"];
  answers = std::deque<std::string>(25, kNoAnswer);
  answers.emplace_back(R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"Blocks":[]})");
  auto session = service_.open();
  CompareOptions options;
  options.jobs = 1;
  options.patience = std::chrono::seconds(20);
  Terminal lines(Format::table, ProgressStyle::lines, false);
  testing::internal::CaptureStderr();
  auto const compared =
      compare_snapshots({*session, "snap-1"}, {*session, "snap-2"}, options, lines, "comparing");
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(compared);
  EXPECT_NE(said.find(kTryingAgain), said.npos) << said;
}

TEST_F(Pages, of_changes_go_on_behind_the_last_change_or_where_there_was_none_by_their_token) {
  service_.answers["ListChangedBlocks"] = {
      R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"NextToken":"fresh","ChangedBlocks":[]})",
      R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"NextToken":"old","ChangedBlocks":[{"BlockIndex":7}]})",
      R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"ChangedBlocks":[{"BlockIndex":9}]})"};
  auto compared = compare(true);
  ASSERT_TRUE(compared) << explain(compared.error());
  EXPECT_TRUE(compared->same);
  EXPECT_EQ(compared->bytes_compared, 2 * kBlockBytes);
  EXPECT_EQ(service_.count("ListChangedBlocks"), 3);
  EXPECT_EQ(service_.parameters("ListChangedBlocks", "pageToken"),
            (std::vector<std::string>{"", "fresh", ""}));
  EXPECT_EQ(service_.parameters("ListChangedBlocks", "startingBlockIndex"),
            (std::vector<std::string>{"", "", "8"}));
}

}  // namespace
}  // namespace argosy::cli
