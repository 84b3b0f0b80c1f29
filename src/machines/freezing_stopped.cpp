// machines/freezing_stopped.cpp - freezing.h for a machine that does not run: qemu-storage-daemon reads its
// overlays.
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "machines/block_nodes.h"
#include "machines/freezing.h"
#include "machines/frozen_disk.h"
#include "machines/overlay.h"
#include "machines/socket_path.h"

namespace argosy::machines {
namespace {

constexpr char const* kExportSocket = "frozen.sock";
/// The overlay; deeper is the base.
constexpr std::uint32_t kChangedDepth = 1;
constexpr auto kStartTimeout = std::chrono::seconds(20);
constexpr auto kStartPoll = std::chrono::milliseconds(5);
/// It only reads.
constexpr Duration kStopGrace{1'000};

DetachedProcess storage_daemon(Volume const& volume) { return {volume.folder(), "storage-daemon"}; }

Result<void> serve(Freezing& freezing) {
  auto const& disk = freezing.disk;
  TRY(freezing.volume.server().ensure_running(1));
  Program program{{"qemu-storage-daemon"}, "qemu-system-common"};
  auto& arguments = program.arguments;
  Descriptor secret;
  if (!disk.secret.empty()) {
    secret = TRY(hand_over(disk.secret));
    program.inherited = {secret.number()};
    arguments.insert(arguments.end(), {"--object", secret_object(secret_of(disk.volume_id), secret)});
  }
  auto const nodes = volume_nodes(disk, Writing::none);
  for (auto const& node : nodes)
    arguments.insert(arguments.end(), {"--blockdev", boost::json::serialize(node)});
  arguments.insert(arguments.end(),
                   {"--nbd-server", std::string("addr.type=unix,addr.path=") + kExportSocket, "--export",
                    "type=nbd,id=frozen,node-name=" + disk.volume_id + ",name=" + disk.volume_id +
                        ",allocation-depth=on"});
  auto daemon = storage_daemon(freezing.volume);
  TRY(daemon.start(program));
  auto const& folder = freezing.volume.folder();
  auto const give_up = std::chrono::steady_clock::now() + kStartTimeout;
  while (!accepts_connections(folder, kExportSocket)) {
    if (!daemon.is_running().value_or(true))
      return fail(Fault::unavailable, folder + ": " + daemon.last_words());
    if (std::chrono::steady_clock::now() > give_up)
      return fail(Fault::unavailable, folder + ": qemu-storage-daemon does not answer");
    std::this_thread::sleep_for(kStartPoll);
  }
  return {};
}

class StoppedFreeze final : public Freeze {
 public:
  explicit StoppedFreeze(Freezing& freezing) : freezing_(freezing) {}
  bool ends_with_machine() const override { return false; }
  Result<void> tend() override { return freezing_.volume.server().ensure_running(1); }

 private:
  Freezing& freezing_;
};

/// Its processes begin with the first read: an account may have many that wait for it.
class StoppedDisk final : public FrozenDisk {
 public:
  explicit StoppedDisk(Freezing freezing) : freezing_(std::move(freezing)) {}
  StoppedDisk(StoppedDisk const&) = delete;
  ~StoppedDisk() override {
    disk_ = nullptr;
    auto thawed = thaw_stopped(freezing_.volume);
    if (!thawed) log_warning("{}: {}", freezing_.disk.volume_id, thawed.error().message);
  }

  bool ends_with_machine() const override { return false; }
  std::int64_t size_bytes() const override { return freezing_.disk.size_bytes; }
  Result<std::optional<std::uint64_t>> next_changed(std::uint64_t from) override {
    TRY(open());
    return disk_->next_changed(from);
  }
  Result<Bytes> read(std::uint64_t block) override {
    TRY(open());
    return disk_->read(block);
  }

 private:
  Result<void> open() {
    if (disk_) return {};
    TRY(thaw_stopped(freezing_.volume));
    TRY(serve(freezing_));
    auto const& id = freezing_.disk.volume_id;
    disk_ = TRY(open_frozen({freezing_.volume.folder(), kExportSocket, id, kChangedDepth},
                            std::make_unique<StoppedFreeze>(freezing_)));
    return {};
  }

  Freezing freezing_;
  std::unique_ptr<FrozenDisk> disk_;  ///< since it was read
};

}  // namespace

Result<void> thaw_stopped(Volume& volume) {
  TRY(storage_daemon(volume).end(kStopGrace));
  std::error_code ignored;
  std::filesystem::remove(volume.folder() + "/" + kExportSocket, ignored);
  std::filesystem::remove(volume.folder() + "/" + kFrozenFile, ignored);
  return volume.server().stop();
}

Result<FrozenDisks> freeze_stopped(std::vector<Freezing> volumes) {
  FrozenDisks disks;
  for (auto& freezing : volumes) {
    TRY(freezing.volume.prepare(freezing.disk));
    disks.push_back(std::make_unique<StoppedDisk>(std::move(freezing)));
  }
  return disks;
}

}  // namespace argosy::machines
