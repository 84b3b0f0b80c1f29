#include "cli/download.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/folder.h"
#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

/// A page of the list of blocks 0 to `count` - 1, from `first` on.
std::string page_of(std::uint64_t first, std::uint64_t count, std::string const& token) {
  std::string blocks;
  for (auto i = first; i < count; ++i)
    blocks += (blocks.empty() ? R"({"BlockIndex":)" : R"(,{"BlockIndex":)") + std::to_string(i) +
              R"(,"BlockToken":")" + token + "\"}";
  return R"({"VolumeSize":1,"BlockSize":524288,"ExpiryTime":1,"Blocks":[)" + blocks + "]}";
}

/// The most memory that the process has had.
std::uint64_t peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
  return 0;
}

class ADownload : public testing::Test {
 protected:
  ADownload() { EXPECT_TRUE(journal_->begin("export")); }
  Outcome<Downloaded> run() {
    auto session = service_.open();
    DownloadOptions const options{1, 0, std::chrono::seconds(20)};
    return download(*session, "snap-1", path_, *journal_, options, terminal_, "disk");
  }
  void record(std::uint64_t index, Bytes const& block) {
    EXPECT_TRUE(journal_->append(std::to_string(index) + " " + digest::sha256(block).hex()));
  }
  /// The first byte of each of the first blocks of the file.
  std::string file(std::size_t blocks) const {
    std::ifstream in(path_, std::ios::binary);
    std::string out;
    for (std::size_t i = 0; i < blocks; ++i) {
      in.seekg(static_cast<std::streamoff>(i * kBlockBytes));
      out += static_cast<char>(in.get());
    }
    return out;
  }

  ScriptedService service_;
  tests::Folder const folder_;
  std::string const path_ = folder_ / "disk.raw";
  std::unique_ptr<Journal> const journal_ = *Journal::open_in_memory();
  Terminal terminal_{Format::table, ProgressStyle::none, true};
};

TEST_F(ADownload, lists_again_from_a_block_whose_token_is_not_taken_any_more) {
  service_.answers["ListSnapshotBlocks"] = {page_of(0, 3, "old"), page_of(1, 3, "new")};
  service_.answers["GetSnapshotBlock"] = {"a", kRefusedToken, "b", "c"};
  auto downloaded = run();
  ASSERT_TRUE(downloaded) << explain(downloaded.error());
  EXPECT_EQ(file(3), "abc");
  EXPECT_EQ(service_.parameters("ListSnapshotBlocks", "startingBlockIndex"),
            (std::vector<std::string>{"", "1"}));
  EXPECT_EQ(service_.parameters("GetSnapshotBlock", "blockToken"),
            (std::vector<std::string>{"old", "old", "new", "new"}));
}

TEST_F(ADownload, asks_for_no_block_that_is_there_with_its_digest_and_for_all_others) {
  Bytes const a(kBlockBytes, std::byte('a'));
  std::ofstream(path_, std::ios::binary) << std::string(2 * kBlockBytes, 'a');
  record(0, a);
  record(1, Bytes(kBlockBytes, std::byte('b')));  // a loss of power took it
  record(2, a);                                   // the file is too short
  record(1ULL << 45U, a);                         // no volume is as large
  EXPECT_TRUE(journal_->append("3"));
  service_.answers["ListSnapshotBlocks"] = {page_of(0, 4, "t")};
  service_.answers["GetSnapshotBlock"] = {"b", "c", "d"};
  auto downloaded = run();
  ASSERT_TRUE(downloaded) << explain(downloaded.error());
  EXPECT_EQ(file(4), "abcd");
  EXPECT_EQ(downloaded->blocks, 4U);
  EXPECT_EQ(downloaded->blocks_received, 3U);
}

TEST_F(ADownload, empties_the_file_where_nothing_is_left_of_what_was_recorded) {
  std::ofstream(path_, std::ios::binary) << std::string(2 * kBlockBytes, 'x');
  record(0, Bytes(kBlockBytes, std::byte('a')));
  service_.answers["ListSnapshotBlocks"] = {page_of(0, 1, "t")};
  service_.answers["GetSnapshotBlock"] = {"a"};
  auto downloaded = run();
  ASSERT_TRUE(downloaded) << explain(downloaded.error());
  EXPECT_EQ(file(2), std::string("a\0", 2));
}

TEST_F(ADownload, needs_no_memory_for_the_lines_of_its_journal) {
  constexpr std::uint64_t kLines = 500'000;  // 73 bytes each
  constexpr std::uint64_t kEnoughKib = 16'384;
  auto const digest = digest::sha256({}).hex();
  for (std::uint64_t i = 0; i < kLines; ++i)
    ASSERT_TRUE(journal_->append(std::to_string(1'000'000 + i) + " " + digest));
  service_.answers["ListSnapshotBlocks"] = {page_of(0, 1, "t")};
  service_.answers["GetSnapshotBlock"] = {"a"};
  auto const before = peak_kib();
  auto downloaded = run();
  ASSERT_TRUE(downloaded) << explain(downloaded.error());
  EXPECT_LT(peak_kib() - before, kEnoughKib);
}

}  // namespace
}  // namespace argosy::cli
