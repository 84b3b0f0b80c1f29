// machines/freezing_running.cpp - freezing.h for a machine that runs: a backup job copies to a file what the
// guest overwrites from that moment on; that file over the disk is the disk as it was (QEMU calls it image
// fleecing).
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "machines/block_nodes.h"
#include "machines/command_line.h"
#include "machines/freezing.h"
#include "machines/frozen_disk.h"
#include "machines/machine_process.h"
#include "machines/overlay.h"
#include "machines/qmp.h"

namespace argosy::machines {
namespace {

using boost::json::object;

constexpr char const* kExportSocket = "frozen.sock";
/// The kept blocks, the overlay; deeper is the base.
constexpr std::uint32_t kChangedDepth = 2;
constexpr auto kThawTimeout = std::chrono::seconds(10);
constexpr auto kThawPoll = std::chrono::milliseconds(5);

/// The name of a freeze's job, node and export.
std::string frozen(std::string const& volume_id) { return volume_id + "-frozen"; }

class RunningFreeze final : public Freeze {
 public:
  RunningFreeze(std::string machine_folder, Freezing freezing)
      : folder_(std::move(machine_folder)), freezing_(std::move(freezing)) {}
  ~RunningFreeze() override {
    auto thawed = thaw_running(folder_, freezing_.disk.volume_id, freezing_.volume);
    if (!thawed) log_warning("{}: {}", freezing_.disk.volume_id, thawed.error().message);
    // Whoever ended the machine left the disk server to us.
    bool const runs = MachineProcess(folder_).is_running().value_or(true);
    if (!runs) (void)freezing_.volume.server().stop();
  }
  bool ends_with_machine() const override { return true; }
  Result<void> tend() override { return {}; }  // whoever tends the machine does

 private:
  std::string folder_;
  Freezing freezing_;
};

/// Whether the answer, a list of objects, has one whose `member` is `name`.
bool lists(boost::json::value const& answer, char const* member, std::string const& name) {
  if (!answer.is_array()) return false;
  for (auto const& entry : answer.get_array()) {
    auto const* value = entry.is_object() ? entry.get_object().if_contains(member) : nullptr;
    if (value != nullptr && value->is_string() && value->get_string() == name) return true;
  }
  return false;
}

/// Ends something by `command` and waits until `query` lists it no more. Nothing if it is not listed at
/// first.
Result<void> end_listed(Qmp& qmp, std::string const& query, char const* member, std::string const& name,
                        std::string const& command, object const& arguments) {
  auto const give_up = std::chrono::steady_clock::now() + kThawTimeout;
  for (bool told = false;; told = true) {
    auto const listed = TRY(qmp.execute(query));
    if (!lists(listed, member, name)) return {};
    if (!told) TRY(qmp.execute(command, arguments));
    if (std::chrono::steady_clock::now() > give_up)
      return fail(Fault::unavailable, name + ": QEMU does not end its part of a snapshot");
    std::this_thread::sleep_for(kThawPoll);
  }
}

Result<void> thaw(Qmp& qmp, std::string const& volume_id) {
  auto const name = frozen(volume_id);
  TRY(end_listed(qmp, "query-block-exports", "id", name, "block-export-del",
                 {{"id", name}, {"mode", "hard"}}));
  TRY(end_listed(qmp, "query-jobs", "id", name, "block-job-cancel", {{"device", name}, {"force", true}}));
  TRY(end_listed(qmp, "query-named-block-nodes", "node-name", name, "blockdev-del", {{"node-name", name}}));
  return {};
}

Result<void> add_kept_blocks(Qmp& qmp, Freezing const& freezing) {
  auto const& disk = freezing.disk;
  TRY(create_overlay(freezing.volume.folder() + "/" + kFrozenFile, disk.size_bytes, disk.secret));
  TRY(qmp.execute("blockdev-add", overlay_node(disk, frozen(disk.volume_id), kFrozenFile, disk.volume_id)));
  return {};
}

/// The moment.
Result<void> begin_jobs(Qmp& qmp, std::vector<Freezing> const& volumes) {
  boost::json::array actions;
  for (auto const& freezing : volumes) {
    auto const& id = freezing.disk.volume_id;
    object job{{"job-id", frozen(id)}, {"device", id}, {"target", frozen(id)}, {"sync", "none"}};
    actions.push_back(object{{"type", "blockdev-backup"}, {"data", std::move(job)}});
  }
  TRY(qmp.execute("transaction", {{"actions", std::move(actions)}}));
  return {};
}

Result<void> export_all(Qmp& qmp, std::vector<Freezing> const& volumes) {
  // QEMU has one such server, which stays when it was started once.
  object const address{{"type", "unix"}, {"data", {{"path", kExportSocket}}}};
  auto served = qmp.execute("nbd-server-start", {{"addr", address}});
  if (!served && !served.error().message.contains("already running")) return std::unexpected(served.error());
  for (auto const& freezing : volumes) {
    auto const& id = freezing.disk.volume_id;
    TRY(qmp.execute("block-export-add", {{"type", "nbd"},
                                         {"id", frozen(id)},
                                         {"node-name", frozen(id)},
                                         {"name", id},
                                         {"allocation-depth", true}}));
  }
  return {};
}

Result<void> freeze_all(std::string const& machine_folder, std::vector<Freezing> const& volumes) {
  for (auto const& freezing : volumes)
    TRY(thaw_running(machine_folder, freezing.disk.volume_id, freezing.volume));
  auto qmp = TRY(Qmp::connect(machine_folder, kQmpSocket));
  for (auto const& freezing : volumes) TRY(add_kept_blocks(qmp, freezing));
  TRY(begin_jobs(qmp, volumes));
  return export_all(qmp, volumes);
}

}  // namespace

Result<void> thaw_running(std::string const& machine_folder, std::string const& volume_id,
                          Volume const& volume) {
  auto qmp = Qmp::connect(machine_folder, kQmpSocket);
  auto thawed = qmp ? thaw(*qmp, volume_id) : Result<void>{};  // a machine that is gone has nothing left
  std::error_code ignored;
  std::filesystem::remove(volume.folder() + "/" + kFrozenFile, ignored);
  return thawed;
}

Result<FrozenDisks> freeze_running(std::string const& machine_folder, std::vector<Freezing> volumes) {
  auto begun = freeze_all(machine_folder, volumes);
  // From here on each takes back its own part, also if something failed.
  std::vector<std::unique_ptr<Freeze>> freezes;
  std::vector<std::string> names;
  for (auto& freezing : volumes) {
    names.push_back(freezing.disk.volume_id);
    freezes.push_back(std::make_unique<RunningFreeze>(machine_folder, std::move(freezing)));
  }
  if (!begun) return std::unexpected(begun.error());
  FrozenDisks disks;
  for (std::size_t i = 0; i < names.size(); ++i)
    disks.push_back(
        TRY(open_frozen({machine_folder, kExportSocket, names[i], kChangedDepth}, std::move(freezes[i]))));
  return disks;
}

}  // namespace argosy::machines
