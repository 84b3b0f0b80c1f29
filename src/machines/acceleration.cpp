// machines/acceleration.cpp - see acceleration.h.
#include "machines/acceleration.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "machines/probe_sector.h"
#include "machines/program.h"

namespace argosy::machines {
namespace {

/// TCG takes half a second; a busy host may take longer.
constexpr Duration kPatience{20'000};
/// Firmware may find no disk in a file of one sector.
constexpr std::size_t kDiskBytes = 1U << 20U;

/// How long the probe took under `acceleration`, or why it did not end well.
Result<Duration> boot_probe(std::string const& qemu, std::string const& disk, std::string const& acceleration,
                            Duration patience) {
  auto const begun = std::chrono::steady_clock::now();
  auto ending =
      TRY(run({{qemu, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc,usb=off",
                "-accel", acceleration, "-cpu", processor(acceleration), "-m", "16", "-blockdev",
                "driver=raw,node-name=disk,read-only=on,file.driver=file,file.filename=" + disk, "-device",
                "virtio-blk-pci,drive=disk,bootindex=0", "-device",
                "isa-debug-exit,iosize=1,iobase=" + std::to_string(kProbeExitPort)},
               "qemu-system-x86"},
              patience));
  if (ending.timed_out) return fail(Fault::unavailable, "a guest hangs or is slower than without it");
  if (ending.exit_code != kProbeExitCode) {
    auto const reason = ending.complaint.substr(0, ending.complaint.find('\n'));
    return fail(Fault::unavailable,
                "a guest does not run: " + (reason.empty() ? "its firmware ended it" : reason));
  }
  return std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - begun);
}

/// Why not KVM; nothing if it works.
std::optional<std::string> objection(std::string const& qemu, std::string const& folder) {
  if (::access("/dev/kvm", F_OK) != 0) return "this host has no /dev/kvm";
  if (Descriptor device(::open("/dev/kvm", O_RDWR | O_CLOEXEC)); !device.is_open())
    return std::string("/dev/kvm: ") + std::strerror(errno) + " (its user must be in the group kvm)";
  if (probe_sector().empty()) return "this host has another processor than its machines";
  auto const disk = folder + "/probe.raw";
  std::string content(as_text(probe_sector()));
  content.resize(kDiskBytes);
  std::ofstream(disk, std::ios::binary) << content;
  auto without = boot_probe(qemu, disk, "tcg", kPatience);
  auto with = without ? boot_probe(qemu, disk, "kvm", *without) : without;
  std::error_code ignored;
  std::filesystem::remove(disk, ignored);
  if (!without) return without.error().message;
  if (!with) return "/dev/kvm opens, but " + with.error().message;
  return std::nullopt;
}

}  // namespace

std::string probe_acceleration(std::string const& qemu, std::string const& folder) {
  auto const why_not = objection(qemu, folder);
  if (why_not)
    log_info("machines run under TCG, which is slow: {}", *why_not);
  else
    log_info("machines run under KVM: a probe booted with it");
  return why_not ? "tcg" : "kvm";
}

std::string acceleration_of_host(std::string const& qemu, std::string const& folder) {
  static std::mutex mutex;  // guards known, and lets the others wait for who probes
  static std::map<std::string, std::string> known;
  std::lock_guard lock(mutex);
  auto found = known.find(qemu);
  if (found == known.end()) found = known.emplace(qemu, probe_acceleration(qemu, folder)).first;
  return found->second;
}

std::string processor(std::string const& acceleration) {
  // Under TCG a fifth level of page tables costs every guest and serves none.
  return acceleration == "kvm" ? "host" : "max,la57=off";
}

}  // namespace argosy::machines
