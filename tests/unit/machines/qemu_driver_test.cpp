#include <sys/wait.h>

#include <filesystem>
#include <thread>

#include "host.h"

namespace argosy::machines {
namespace {

using tests::Guest;

TEST(Machine, boots_from_its_first_disk_and_its_console_is_read) {
  Host host;
  host.start(host.make_machine("i-1"));
  EXPECT_TRUE(host.prints("i-1", "boot 1\nxx"));
  EXPECT_EQ(host.status("i-1").power, Power::running);
  EXPECT_EQ(host.driver().acceleration(), "tcg");
}

TEST(Machine, is_absent_before_it_starts_and_after_it_is_removed) {
  Host host;
  EXPECT_EQ(host.status("i-1").power, Power::absent);
  EXPECT_FALSE(host.driver().console("i-1")->has_value());
  host.start(host.make_machine("i-1"));
  auto const qemu = host.qemu_of("i-1");
  auto const server = host.disk_server_of("vol-i-1");
  ASSERT_TRUE(host.driver().remove("i-1"));
  EXPECT_EQ(host.status("i-1").power, Power::absent);
  EXPECT_FALSE(Host::is_alive(qemu));
  EXPECT_FALSE(Host::is_alive(server));
  EXPECT_TRUE(std::filesystem::exists(host.volume_folder("vol-i-1")));
  ASSERT_TRUE(host.driver().remove_volume("vol-i-1"));
  EXPECT_FALSE(std::filesystem::exists(host.volume_folder("vol-i-1")));
}

TEST(Machine, that_turns_itself_off_is_stopped_without_a_reason) {
  Host host;
  host.start(host.make_machine("i-1", Guest::turns_itself_off));
  auto const qemu = host.qemu_of("i-1");
  auto const server = host.disk_server_of("vol-i-1");
  ASSERT_TRUE(host.becomes("i-1", Power::stopped));
  EXPECT_EQ(host.status("i-1").reason, "");
  EXPECT_FALSE(Host::is_alive(qemu));
  EXPECT_FALSE(Host::is_alive(server));
  EXPECT_EQ(host.console("i-1"), "boot 1\n");
}

TEST(Machine, obeys_its_power_button) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().press_power_button("i-1"));
  ASSERT_TRUE(host.becomes("i-1", Power::stopped));
  EXPECT_EQ(host.status("i-1").reason, "");
  EXPECT_TRUE(host.driver().press_power_button("i-1"));
}

TEST(Machine, boots_again_when_it_is_reset) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().reset("i-1"));
  EXPECT_TRUE(host.prints("i-1", "boot 2\nx"));
}

TEST(Machine, that_died_is_told_from_one_that_was_stopped_until_it_is_started_again) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ::kill(host.qemu_of("i-1"), SIGKILL);
  ASSERT_TRUE(host.becomes("i-1", Power::stopped));
  ASSERT_TRUE(host.driver().kill("i-1"));  // as whoever notes that it ended, and may die of that
  EXPECT_EQ(host.status("i-1").reason, "its process was killed");
  host.start(machine);
  ASSERT_TRUE(host.driver().kill("i-1"));
  EXPECT_EQ(host.status("i-1").reason, "");
}

TEST(Machine, that_cannot_be_looked_at_is_left_alone) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const server = host.disk_server_of("vol-i-1");
  auto const record = host.folder_of("i-1") + "/qemu.pid";
  std::filesystem::rename(record, record + ".elsewhere");
  std::filesystem::create_directory(record);
  host.reopen();
  EXPECT_FALSE(host.driver().status("i-1"));
  EXPECT_FALSE(host.driver().tend("i-1"));
  EXPECT_FALSE(host.driver().kill("i-1"));
  EXPECT_EQ(host.driver().start(machine).error().fault, Fault::conflict);
  std::filesystem::remove(record);
  std::filesystem::rename(record + ".elsewhere", record);
  EXPECT_EQ(host.status("i-1").power, Power::running);
  EXPECT_TRUE(Host::is_alive(server));
  EXPECT_TRUE(host.goes_on("i-1"));
}

TEST(Machine, keeps_what_it_wrote_while_it_is_off) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\n"));
  ASSERT_TRUE(host.driver().kill("i-1"));
  EXPECT_EQ(host.status("i-1").power, Power::stopped);
  EXPECT_EQ(host.status("i-1").reason, "");
  EXPECT_TRUE(host.console("i-1").starts_with("boot 1\n"));
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "boot 2\n"));
  EXPECT_FALSE(host.console("i-1").contains("boot 1\n"));
}

TEST(Machine, does_not_start_and_is_not_frozen_without_what_it_wrote) {
  Host host;
  auto machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.driver().kill("i-1"));
  std::filesystem::remove(host.volume_folder("vol-i-1") + "/overlay.qcow2");
  machine.disks[0].was_used = true;
  auto const started = host.driver().start(machine);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "IncorrectState");
  EXPECT_TRUE(started.error().message.contains("vol-i-1")) << started.error().message;
  auto const frozen = host.driver().freeze("i-1", machine.disks);
  ASSERT_FALSE(frozen);
  EXPECT_EQ(frozen.error().code, "IncorrectState");
}

TEST(Machine, that_runs_is_found_and_kept_when_it_is_started) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  auto const qemu = host.qemu_of("i-1");
  host.start(machine);
  EXPECT_EQ(host.qemu_of("i-1"), qemu);
}

TEST(Machine, outlives_the_driver_and_is_found_again) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const qemu = host.qemu_of("i-1");
  host.reopen();
  EXPECT_EQ(host.status("i-1").power, Power::running);
  EXPECT_TRUE(host.goes_on("i-1"));
  EXPECT_EQ(host.qemu_of("i-1"), qemu);
  ASSERT_TRUE(host.driver().kill("i-1"));
  EXPECT_FALSE(Host::is_alive(qemu));
}

TEST(Machine, outlives_the_process_that_started_it) {
  Host host;
  auto const machine = host.make_machine("i-1");
  auto const starter = ::fork();
  if (starter == 0) {
    auto other = open_qemu(host.options());
    ::_exit(other && (*other)->start(machine) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(starter, &status, 0), starter);
  ASSERT_EQ(status, 0);
  host.reopen();
  EXPECT_EQ(host.status("i-1").power, Power::running);
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "boot 1\nx"));
}

TEST(Machine, starts_and_answers_beside_others_on_any_thread) {
  Host host;
  std::vector<std::jthread> threads;
  for (std::string const id : {"i-1", "i-2", "i-3"}) {
    auto const machine = host.make_machine(id);
    threads.emplace_back([&host, machine] {
      EXPECT_TRUE(host.driver().start(machine));
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(host.status(machine.id).power, Power::running);
        EXPECT_TRUE(host.driver().tend(machine.id));
        EXPECT_TRUE(host.driver().console(machine.id));
      }
    });
  }
  threads.clear();
  for (std::string const id : {"i-1", "i-2", "i-3"}) {
    EXPECT_TRUE(host.prints(id, "boot 1\n"));
    EXPECT_TRUE(host.driver().remove(id));
  }
}

TEST(Machine, whose_process_is_killed_is_stopped_with_a_reason_also_for_a_later_driver) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\n"));
  ::kill(host.qemu_of("i-1"), SIGKILL);
  ASSERT_TRUE(host.becomes("i-1", Power::stopped));
  EXPECT_EQ(host.status("i-1").reason, "its process was killed");
  host.reopen();
  EXPECT_EQ(host.status("i-1").reason, "its process was killed");
  host.start(machine);
  EXPECT_EQ(host.status("i-1").reason, "");
}

TEST(Machine, whose_process_says_why_it_ends_has_that_as_its_reason) {
  Host host;
  host.start(host.make_machine("i-1"));
  ::kill(host.qemu_of("i-1"), SIGTERM);
  ASSERT_TRUE(host.becomes("i-1", Power::stopped));
  EXPECT_TRUE(host.status("i-1").reason.contains("terminating on signal 15")) << host.status("i-1").reason;
}

TEST(Machine, waits_while_its_disk_server_is_dead_and_goes_on) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const server = host.disk_server_of("vol-i-1");
  ::kill(server, SIGKILL);
  ASSERT_TRUE(Host::dies(server));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  auto const printed = host.console("i-1");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(host.console("i-1"), printed);
  EXPECT_EQ(host.status("i-1").power, Power::running);
  EXPECT_TRUE(host.goes_on("i-1"));
  EXPECT_NE(host.disk_server_of("vol-i-1"), server);
  EXPECT_FALSE(host.console("i-1").contains('!'));
}

TEST(Machine, that_waits_for_a_dead_disk_server_is_reset) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const server = host.disk_server_of("vol-i-1");
  ::kill(server, SIGKILL);
  ASSERT_TRUE(Host::dies(server));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // until it reads
  bool reset = false;
  for (int attempt = 0; attempt < 10 && !reset; ++attempt) reset = host.driver().reset("i-1").has_value();
  EXPECT_TRUE(reset);
  EXPECT_TRUE(host.prints("i-1", "boot 2\nx"));
}

TEST(Machine, waits_while_its_disk_server_has_no_content_and_goes_on) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  std::filesystem::rename(host / "i-1.raw", host / "away");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  auto const printed = host.console("i-1");
  ASSERT_TRUE(host.driver().tend("i-1"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(host.console("i-1"), printed);
  EXPECT_EQ(host.status("i-1").power, Power::running);
  std::filesystem::rename(host / "away", host / "i-1.raw");
  EXPECT_TRUE(host.goes_on("i-1"));
  EXPECT_FALSE(host.console("i-1").contains('!'));
}

TEST(Machine, reads_by_a_renewed_session) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const other = host.make_base("other.raw", Guest::keeps_running, 'y');
  EXPECT_EQ(host.driver().renew_session("vol-none", other).error().fault, Fault::not_found);
  ASSERT_TRUE(host.driver().renew_session("vol-i-1", other));
  EXPECT_TRUE(host.prints("i-1", "yyy"));
}

TEST(Machine, with_a_disk_of_zeros_needs_no_disk_server) {
  Host host;
  auto machine = host.make_machine("i-1");
  machine.disks.push_back({"vol-zeros", 64 << 20, "", {}});
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "boot 1\nx"));
  EXPECT_FALSE(std::filesystem::exists(host.volume_folder("vol-zeros") + "/disk-server.pid"));
}

TEST(Machine, with_an_encrypted_volume_leaves_neither_its_secret_nor_its_writes_in_the_clear) {
  Host host;
  auto machine = host.make_machine("i-1");
  auto const secret = Bytes(32, std::byte{0xa7});
  machine.disks[0].secret = secret;
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const qemu = "/proc/" + std::to_string(host.qemu_of("i-1"));
  for (auto const* file : {"/cmdline", "/environ"})
    EXPECT_FALSE(read_file(qemu + file)->contains(to_hex(secret))) << file;
  ASSERT_TRUE(host.driver().kill("i-1"));
  for (auto const& entry : std::filesystem::recursive_directory_iterator(host.options().directory)) {
    if (!entry.is_regular_file()) continue;
    auto const content = read_file(entry.path());
    ASSERT_TRUE(content);
    EXPECT_FALSE(content->contains(to_hex(secret))) << entry.path();
    EXPECT_FALSE(content->contains(as_text(secret))) << entry.path();
    EXPECT_FALSE(content->contains(std::string(64, '\0') + "\1" + std::string(64, '\0'))) << entry.path();
  }
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "boot 2\n"));
  ASSERT_TRUE(host.driver().kill("i-1"));
  machine.disks[0].secret = Bytes(32, std::byte{0xa8});
  EXPECT_FALSE(host.driver().start(machine));
}

TEST(Machine, that_cannot_start_says_why_and_leaves_nothing_running) {
  Host host;
  auto machine = host.make_machine("i-1");
  machine.mac_address = "no address";
  auto const started = host.driver().start(machine);
  ASSERT_FALSE(started);
  EXPECT_TRUE(started.error().message.contains("mac")) << started.error().message;
  EXPECT_EQ(host.status("i-1").power, Power::stopped);
  EXPECT_FALSE(std::filesystem::exists(host.volume_folder("vol-i-1") + "/disk-server.pid"));
  host.options().qemu = "qemu-system-none";
  host.reopen();
  auto const missing = host.driver().start(host.make_machine("i-1"));
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().message.contains("qemu-system-x86")) << missing.error().message;
}

TEST(Machine, of_another_kind_or_with_a_strange_id_is_refused) {
  Host host;
  auto machine = host.make_machine("i-1");
  machine.architecture = "arm64";
  EXPECT_EQ(host.driver().start(machine).error().fault, Fault::invalid);
  EXPECT_EQ(host.driver().status("../i-1").error().fault, Fault::invalid);
  EXPECT_EQ(host.driver().remove_volume("").error().fault, Fault::invalid);
  host.options().acceleration = "magic";
  EXPECT_EQ(open_qemu(host.options()).error().fault, Fault::invalid);
}

TEST(Machine, answers_on_its_own_address_where_the_host_lets_it) {
  Host host;
  host.options().forwarded_ports = {2203};
  host.reopen();
  auto one = host.make_machine("i-1");
  auto other = host.make_machine("i-2");
  other.loopback_address = Host::address_in(84);
  host.start(one);
  host.start(other);
  auto third = host.make_machine("i-3");
  third.loopback_address = one.loopback_address;
  host.start(third);  // the port is taken: it starts without it
  for (auto const* id : {"i-1", "i-2", "i-3"}) EXPECT_TRUE(host.prints(id, "boot 1\n"));
  auto const forwards = [&](std::string const& id) {
    return read_file("/proc/" + std::to_string(host.qemu_of(id)) + "/cmdline")->contains("hostfwd=");
  };
  EXPECT_TRUE(forwards("i-1"));
  EXPECT_TRUE(forwards("i-2"));
  EXPECT_FALSE(forwards("i-3"));
}

TEST(Machine, boots_by_uefi) {
  Host host;
  auto machine = host.make_machine("i-1");
  machine.boot_mode = "uefi";
  machine.memory_mib = 256;
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "BdsDxe"));  // what OVMF says when it has looked for something to boot
}

TEST(Driver, ends_disk_servers_that_no_machine_uses_when_it_opens) {
  Host host;
  host.start(host.make_machine("i-1"));
  host.start(host.make_machine("i-2"));
  auto const orphan = host.disk_server_of("vol-i-1");
  auto const used = host.disk_server_of("vol-i-2");
  auto const qemu = host.qemu_of("i-1");
  ::kill(qemu, SIGKILL);
  ASSERT_TRUE(Host::dies(qemu));
  host.reopen();
  EXPECT_FALSE(Host::is_alive(orphan));
  EXPECT_TRUE(Host::is_alive(used));
}

}  // namespace
}  // namespace argosy::machines
