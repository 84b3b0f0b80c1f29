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

class ADownload : public testing::Test {
 protected:
  ADownload() { EXPECT_TRUE(journal_->begin("export")); }
  Outcome<Downloaded> run() {
    auto session = service_.open();
    DownloadOptions const options{1, 0, std::chrono::seconds(20)};
    return download(*session, "snap-1", path_, *journal_, options, terminal_, "disk");
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

}  // namespace
}  // namespace argosy::cli
