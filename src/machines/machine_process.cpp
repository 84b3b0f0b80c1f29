// machines/machine_process.cpp - see machine_process.h.
#include "machines/machine_process.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/private_file.h"
#include "machines/console.h"

namespace argosy::machines {
namespace {

/// QEMU answers after a tenth of a second; a busy host may take much longer.
constexpr auto kStartTimeout = std::chrono::seconds(60);
constexpr auto kStartPoll = std::chrono::milliseconds(5);
/// To write what it holds of its overlays; then it is killed.
constexpr Duration kQuitTimeout{5'000};

}  // namespace

Result<bool> MachineProcess::exists() const { return file_exists(folder_); }

Result<void> MachineProcess::prepare(Machine const& machine) {
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  if (failure) return fail(Fault::unavailable, folder_ + ": " + failure.message());
  std::string ids;
  for (auto const& disk : machine.disks) ids += disk.volume_id + "\n";
  TRY(set_reboots(false));
  return write_private_file(volumes_path(), ids, Existing::replace);
}

Result<std::vector<std::string>> MachineProcess::volumes() const {
  auto const text = read_file(volumes_path());
  std::vector<std::string> ids;
  if (!text && text.error().fault == Fault::not_found) return ids;
  if (!text) return std::unexpected(text.error());
  std::istringstream lines(*text);
  for (std::string id; std::getline(lines, id);) ids.push_back(id);
  return ids;
}

Result<void> MachineProcess::start(Machine const& machine, Setting const& setting,
                                   std::vector<int> inherited) {
  auto arguments = TRY(command_line(machine, setting));
  std::ofstream const empty_console(console_path(), std::ios::trunc);
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/" + kQmpSocket, ignored);
  TRY(process_.start({std::move(arguments), "qemu-system-x86", std::move(inherited)}));
  auto const give_up = std::chrono::steady_clock::now() + kStartTimeout;
  while (!state()) {
    bool const runs = process_.is_running().value_or(true);
    if (runs && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(kStartPoll);
      continue;
    }
    auto const words = process_.last_words();
    TRY(process_.end(Duration::zero()));
    return fail(Fault::unavailable,
                machine.id + ": " + (runs ? "QEMU does not answer" : "QEMU ended: " + words));
  }
  return {};
}

Result<std::string> MachineProcess::state() const {
  auto qmp = TRY(Qmp::connect(folder_, kQmpSocket));
  auto const answer = TRY(qmp.execute("query-status"));
  auto const* status = answer.is_object() ? answer.get_object().if_contains("status") : nullptr;
  if (status == nullptr || !status->is_string())
    return fail(Fault::corrupt, folder_ + ": QEMU does not say how the machine is");
  return std::string(status->get_string());
}

Result<void> MachineProcess::tell(std::string const& command) const {
  auto qmp = TRY(Qmp::connect(folder_, kQmpSocket));
  TRY(qmp.execute(command));
  return {};
}

Result<bool> MachineProcess::reboots() const { return file_exists(reboots_path()); }

Result<void> MachineProcess::set_reboots(bool reboots) {
  if (reboots) return write_private_file(reboots_path(), "", Existing::replace);
  std::error_code failure;
  std::filesystem::remove(reboots_path(), failure);
  return failure ? fail(Fault::unavailable, reboots_path() + ": " + failure.message()) : Result<void>{};
}

Result<Status> MachineProcess::status() const {
  bool const there = TRY(exists());
  if (!there) return Status{Power::absent, ""};
  bool const runs = TRY(is_running());
  bool const will_boot = TRY(reboots());
  if (runs) return Status{Power::running, "", will_boot};
  bool const recorded = TRY(process_.is_recorded());
  return Status{Power::stopped, recorded ? process_.obituary() : ""};
}

Result<void> MachineProcess::power_off() {
  bool const runs = TRY(is_running());
  if (!runs) return {};  // its record says until it is started again that nobody stopped it
  if (tell("quit")) (void)process_.ends_within(kQuitTimeout);
  return process_.end(Duration::zero());
}

void MachineProcess::tidy() const {
  bound_file(console_path());
  bound_file(process_.log_path());
}

Result<void> MachineProcess::remove() {
  std::error_code failure;
  std::filesystem::remove_all(folder_, failure);
  return failure ? fail(Fault::unavailable, folder_ + ": " + failure.message()) : Result<void>{};
}

}  // namespace argosy::machines
