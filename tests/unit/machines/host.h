// machines/host.h - a driver in a folder of a test's own, with machines of one sector.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/private_file.h"
#include "machines/driver.h"
#include "support/folder.h"
#include "support/guest.h"

namespace argosy::machines {

constexpr std::int64_t kDiskBytes = 8 << 20;
constexpr std::size_t kBlockBytes = 512 << 10;

/// Its machines end with it.
class Host {
 public:
  Host() { reopen(); }
  ~Host() {
    for (auto const& id : started_) EXPECT_TRUE(driver_->remove(id));
  }
  Driver& driver() { return *driver_; }
  /// As another process does after this one.
  void reopen() {
    driver_ = nullptr;
    auto opened = open_qemu(options_);
    ASSERT_TRUE(opened) << opened.error().message;
    driver_ = std::move(*opened);
  }

  /// A base disk: the guest, and `fill` from 2 MiB on. Returns what a session holds to name it.
  std::string make_base(std::string const& name, tests::Guest guest, char fill = 'x') {
    auto content = tests::boot_sector(guest);
    content.resize(2 << 20, '\0');
    content.resize(kDiskBytes, fill);
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  Machine make_machine(std::string const& id, tests::Guest guest = tests::Guest::keeps_running) {
    Machine machine;
    machine.id = id;
    machine.memory_mib = 32;
    machine.architecture = "x86_64";
    machine.boot_mode = "legacy-bios";
    machine.disks = {{"vol-" + id, kDiskBytes, make_base(id + ".raw", guest), {}}};
    machine.mac_address = "02:00:00:00:00:01";
    machine.loopback_address = address_in(83);
    return machine;
  }
  /// One of 127.NET.x.y that no test in another process has.
  static std::string address_in(int net) {
    auto const process = ::getpid();
    return "127." + std::to_string(net) + "." + std::to_string(process / 200 % 200) + "." +
           std::to_string(1 + process % 200);
  }
  void start(Machine const& machine) {
    started_.push_back(machine.id);
    auto started = driver_->start(machine);
    if (!started) throw std::runtime_error(started.error().message);  // nothing after it makes sense
  }

  Status status(std::string const& id) {
    auto found = driver_->status(id);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Status{});
  }
  std::string console(std::string const& id) {
    auto text = driver_->console(id);
    return text && *text ? **text : std::string();
  }
  /// Looks for two minutes, tending the machine if it runs.
  template <class Condition>
  bool await(std::string const& id, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
         std::chrono::steady_clock::now() < end;) {
      if (condition()) return true;
      (void)driver_->tend(id);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  bool prints(std::string const& id, std::string const& text) {
    bool const printed = await(id, [&] { return console(id).contains(text); });
    EXPECT_TRUE(printed) << "\"" << text << "\" is not in \"" << console(id) << "\"";
    return printed;
  }
  /// More than it has printed so far.
  bool goes_on(std::string const& id) {
    auto const before = console(id).size();
    return await(id, [&] { return console(id).size() > before + 3; });
  }
  bool becomes(std::string const& id, Power power) {
    return await(id, [&] { return status(id).power == power; });
  }

  std::string folder_of(std::string const& machine_id) {
    return options_.directory + "/machines/" + machine_id;
  }
  std::string volume_folder(std::string const& volume_id) {
    return options_.directory + "/volumes/" + volume_id;
  }
  /// From a record that the process wrote.
  static pid_t process_of(std::string const& record) {
    std::ifstream file(record);
    std::string boot;
    pid_t process = 0;
    file >> boot >> process;
    if (process <= 1) throw std::runtime_error(record + " names no process");
    return process;
  }
  pid_t qemu_of(std::string const& machine_id) { return process_of(folder_of(machine_id) + "/qemu.pid"); }
  pid_t disk_server_of(std::string const& volume_id) {
    return process_of(volume_folder(volume_id) + "/disk-server.pid");
  }
  /// One that nobody has waited for yet is dead, too.
  static bool is_alive(pid_t process) {
    auto const line = read_file("/proc/" + std::to_string(process) + "/stat");
    return line && !line->contains(") Z ");
  }
  /// Within half a minute, without anybody tending its machine.
  static bool dies(pid_t process) {
    for (int attempt = 0; attempt < 3000; ++attempt) {
      if (!is_alive(process)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  QemuOptions& options() { return options_; }
  std::string operator/(std::string const& name) const { return folder_ / name; }

 private:
  tests::Folder folder_;
  QemuOptions options_{.directory = folder_ / "driver",
                       .plugin = ARGOSY_TEST_PLUGIN,
                       .relay_command = {"/bin/cat"},
                       .forwarded_ports = {},
                       .acceleration = "tcg"};
  std::unique_ptr<Driver> driver_;
  std::vector<std::string> started_;
};

}  // namespace argosy::machines
