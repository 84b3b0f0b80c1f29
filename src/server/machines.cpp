// server/machines.cpp - see machines.h.
#include "server/machines.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "server/machine_facts.h"

namespace argosy::server {
namespace {

constexpr std::int64_t kSmallestMib = 512;
constexpr std::int64_t kVcpusPerProcessor = 2;

std::int64_t memory_of_host_mib() {
  auto const pages = ::sysconf(_SC_PHYS_PAGES);
  auto const page_bytes = ::sysconf(_SC_PAGESIZE);
  return static_cast<std::int64_t>(pages) * page_bytes >> 20U;
}

/// This program's own file.
std::filesystem::path program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

/// Beside the program as it is built, or where packages put it.
std::string plugin_path() {
  constexpr auto kName = "nbdkit-argosy-plugin.so";
  auto const beside = program().parent_path() / kName;
  std::error_code error;
  if (std::filesystem::exists(beside, error)) return beside;
  return program().parent_path().parent_path() / "lib" / "argosy" / kName;
}

}  // namespace

MachineOptions with_defaults(MachineOptions options) {
  auto& limit = options.limit;
  if (limit.memory_mib == 0) limit.memory_mib = memory_of_host_mib() * 3 / 4;
  if (limit.vcpus == 0)
    limit.vcpus = std::max<std::int64_t>(1, std::thread::hardware_concurrency()) * kVcpusPerProcessor;
  auto const smallest = instances::with_overhead({1, 0, kSmallestMib}, 1);
  if (limit.machines == 0) limit.machines = std::max<std::int64_t>(1, limit.memory_mib / smallest.memory_mib);
  return options;
}

Machines::Machines(std::string const& region, std::string folder, crypto::Key const& token_key,
                   ebs::CaptureStore const& store)
    : folder_(std::move(folder)),
      issuer_{region, token_key, {}},
      metadata_(token_key, store.clock, [&catalogue = store.catalogue, region](std::string const& instance) {
        return find_machine_facts(catalogue, region, instance);
      }) {}

Result<std::unique_ptr<Machines>> Machines::open(std::string const& region, std::string const& folder,
                                                 MachineOptions const& options, crypto::Key const& token_key,
                                                 ebs::CaptureStore const& store, Entropy& entropy) {
  std::error_code error;
  std::filesystem::create_directories(folder + "/metadata", error);
  if (error) return fail(Fault::unavailable, folder + ": " + error.message());
  std::unique_ptr<Machines> out(new Machines(region, folder, token_key, store));
  machines::QemuOptions qemu;
  qemu.directory = folder;
  qemu.plugin = plugin_path();
  qemu.relay_command = {program(), "relay"};
  qemu.acceleration = options.acceleration;
  qemu.forwarded_ports = options.forwarded_ports;
  out->driver_ = TRY(machines::open_qemu(qemu));
  launcher::Listener const listener{
      [machines = out.get()](std::string const& instance) { return machines->start_metadata(instance); },
      [machines = out.get()](std::string const& instance) {
        machines->metadata_.remove(instance);
        machines->captures_->machine_ended(instance);
      }};
  out->launcher_ = std::make_unique<launcher::Launcher>(store.catalogue, store.keys, *out->driver_,
                                                        out->issuer_, listener, store.clock, entropy);
  out->captures_ = std::make_unique<launcher::Captures>(store);
  return out;
}

Result<void> Machines::start(std::string const& endpoint) {
  issuer_.endpoint = endpoint;
  return captures_->start();
}

Result<std::string> Machines::start_metadata(std::string const& instance) {
  auto socket = folder_ + "/metadata/" + instance;
  TRY(metadata_.add(instance, socket));
  return socket;
}

}  // namespace argosy::server
