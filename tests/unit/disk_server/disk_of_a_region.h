// unit/disk_server/disk_of_a_region.h - a disk of a played region, with its session file.
#pragma once
#include "base/private_file.h"
#include "disk_server/disk.h"
#include "support/folder.h"
#include "support/played_region.h"

namespace argosy::disk_server {

using tests::block_of;
using tests::refusal;

class DiskTest : public testing::Test {
 protected:
  void SetUp() override { write_session(); }

  void write_session() {
    ASSERT_TRUE(write_private_file(path(), print_session(session_), Existing::replace));
  }
  std::string path() const { return folder_.path() + "/session"; }

  Disk& disk() {
    if (disk_) return *disk_;
    file_ = *SessionFile::open(path());
    disk_ = std::make_unique<Disk>(*file_, open(), system_clock(), options_);
    return *disk_;
  }
  RegionClient::OpenTransport open() {
    return [this](Session const& session) -> Result<std::unique_ptr<remote::Transport>> {
      opened_.push_back(session.endpoint);
      return std::make_unique<tests::PlayedTransport>(region_);
    };
  }
  /// Sleeps not at all, and counts.
  Pause pause() {
    return [this](Duration) {
      ++pauses_;
      if (on_pause_) on_pause_();
      return !give_up_;
    };
  }
  Result<Bytes> read(std::uint64_t offset, std::size_t length) {
    Bytes out(length, std::byte{0xee});
    auto done = disk().read(offset, out, pause());
    if (!done) return std::unexpected(done.error());
    return out;
  }
  Result<Bytes> read_block(std::uint64_t index) { return read(index * kBlockBytes, kBlockBytes); }

  tests::Folder folder_;
  tests::PlayedRegion region_;
  Session session_{"http://region", "us-east-1",  "snap-1",     1LL << 30U,  "AKIAKNOWN",
                   "secret",        std::nullopt, std::nullopt, std::nullopt};
  DiskOptions options_;
  std::vector<std::string> opened_;  ///< endpoints, in order
  std::atomic<int> pauses_ = 0;
  std::atomic<bool> give_up_ = false;
  std::function<void()> on_pause_;

 private:
  std::unique_ptr<SessionFile> file_;
  std::unique_ptr<Disk> disk_;
};

}  // namespace argosy::disk_server
