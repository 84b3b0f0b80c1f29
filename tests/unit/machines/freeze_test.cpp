#include <filesystem>
#include <set>

#include "host.h"
#include "machines/machine_process.h"

namespace argosy::machines {
namespace {

using tests::Guest;
using Blocks = std::set<std::uint64_t>;
using FrozenDisks = std::vector<std::unique_ptr<FrozenDisk>>;

Blocks changed_blocks(FrozenDisk& disk) {
  Blocks blocks;
  for (std::uint64_t from = 0;;) {
    auto next = disk.next_changed(from);
    EXPECT_TRUE(next) << next.error().message;
    if (!next || !*next) return blocks;
    blocks.insert(**next);
    from = **next + 1;
  }
}
Bytes read(FrozenDisk& disk, std::uint64_t block) {
  auto bytes = disk.read(block);
  EXPECT_TRUE(bytes) << bytes.error().message;
  return bytes.value_or(Bytes(kBlockBytes));
}
/// What the guest wrote at boot N lies at N MiB.
int stamp(FrozenDisk& disk, std::uint64_t boot) { return std::to_integer<int>(read(disk, 2 * boot)[0]); }

FrozenDisks freeze(Host& host, Machine const& machine) {
  auto frozen = host.driver().freeze(machine.id, machine.disks);
  if (!frozen) throw std::runtime_error(frozen.error().message);
  return std::move(*frozen);
}

class Freezing : public testing::TestWithParam<bool> {
 protected:
  Machine make_machine() {
    auto machine = host.make_machine("i-1");
    if (GetParam()) machine.disks[0].secret = Bytes(32, std::byte{0xa7});
    return machine;
  }
  Host host;
};
INSTANTIATE_TEST_SUITE_P(Disks, Freezing, testing::Bool(),
                         [](auto const& row) { return row.param ? "encrypted" : "open"; });

TEST_P(Freezing, a_running_machine_keeps_the_disk_as_it_was_while_the_guest_writes) {
  auto const machine = make_machine();
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto frozen = freeze(host, machine);
  ASSERT_EQ(frozen.size(), 1U);
  auto& disk = *frozen[0];
  EXPECT_EQ(disk.size_bytes(), kDiskBytes);
  EXPECT_EQ(changed_blocks(disk), (Blocks{0, 2}));
  ASSERT_TRUE(host.driver().reset("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 2\nx"));
  EXPECT_EQ(stamp(disk, 1), 1);
  EXPECT_EQ(stamp(disk, 2), 'x');
  EXPECT_EQ(read(disk, 0)[512], std::byte{1});
  EXPECT_EQ(read(disk, 15), Bytes(kBlockBytes, std::byte{'x'}));
  frozen.clear();
  auto later = freeze(host, machine);
  EXPECT_EQ(stamp(*later[0], 2), 2);
  EXPECT_EQ(changed_blocks(*later[0]), (Blocks{0, 2, 4}));
  EXPECT_TRUE(host.goes_on("i-1"));
}

TEST_P(Freezing, a_machine_that_was_reset_is_frozen_before_its_guest_writes) {
  auto const machine = make_machine();
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().reset("i-1"));
  auto frozen = freeze(host, machine);
  EXPECT_EQ(stamp(*frozen[0], 1), 1);
  EXPECT_EQ(host.driver().status("i-1")->power, Power::running);
  EXPECT_FALSE(host.console("i-1").contains("boot 2"));
  ASSERT_TRUE(host.driver().tend("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 2\nx"));
  EXPECT_EQ(stamp(*frozen[0], 1), 1);
  EXPECT_TRUE(host.goes_on("i-1"));
}

TEST_P(Freezing, a_stopped_machine_reads_its_overlay_with_a_disk_server_of_its_own) {
  auto const machine = make_machine();
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().kill("i-1"));
  auto frozen = freeze(host, machine);
  EXPECT_THROW((void)host.disk_server_of("vol-i-1"), std::runtime_error) << "nobody reads it yet";
  EXPECT_EQ(changed_blocks(*frozen[0]), (Blocks{0, 2}));
  EXPECT_EQ(stamp(*frozen[0], 1), 1);
  auto const first_server = host.disk_server_of("vol-i-1");
  ::kill(first_server, SIGKILL);
  ASSERT_TRUE(Host::dies(first_server));
  EXPECT_EQ(read(*frozen[0], 15), Bytes(kBlockBytes, std::byte{'x'}));
  EXPECT_EQ(host.driver().start(machine).error().fault, Fault::conflict);
  auto const server = host.disk_server_of("vol-i-1");
  frozen.clear();
  EXPECT_FALSE(Host::is_alive(server));
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "boot 2\n"));
}

TEST(Freezing, holds_all_disks_at_one_moment_and_leaves_out_what_nobody_wrote) {
  Host host;
  auto machine = host.make_machine("i-1");
  machine.disks.push_back(
      {"vol-data", kDiskBytes, host.make_base("data.raw", Guest::keeps_running, 'd'), {}});
  machine.disks.push_back({"vol-zeros", 64 << 20, "", {}});
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto frozen = freeze(host, machine);
  ASSERT_EQ(frozen.size(), 3U);
  EXPECT_EQ(changed_blocks(*frozen[0]), (Blocks{0, 2}));
  EXPECT_EQ(changed_blocks(*frozen[1]), Blocks{});
  EXPECT_EQ(read(*frozen[1], 15), Bytes(kBlockBytes, std::byte{'d'}));
  EXPECT_EQ(changed_blocks(*frozen[2]), Blocks{});
  EXPECT_EQ(read(*frozen[2], 127), Bytes(kBlockBytes));
  EXPECT_EQ(frozen[2]->read(128).error().fault, Fault::invalid);
  // Each ends alone.
  frozen.erase(frozen.begin());
  EXPECT_EQ(read(*frozen[0], 15), Bytes(kBlockBytes, std::byte{'d'}));
}

TEST(Freezing, a_volume_twice_at_once_is_refused) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  auto frozen = freeze(host, machine);
  EXPECT_EQ(host.driver().freeze("i-1", machine.disks).error().fault, Fault::conflict);
  EXPECT_EQ(host.driver().remove_volume("vol-i-1").error().fault, Fault::conflict);
}

TEST(Freezing, ends_with_the_machine_and_leaves_nothing_behind) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto frozen = freeze(host, machine);
  auto const server = host.disk_server_of("vol-i-1");
  ASSERT_TRUE(host.driver().kill("i-1"));
  EXPECT_EQ(frozen[0]->read(0).error().fault, Fault::unavailable);
  frozen.clear();
  EXPECT_TRUE(Host::dies(server));
  EXPECT_FALSE(std::filesystem::exists(host.volume_folder("vol-i-1") + "/frozen.qcow2"));
  host.start(machine);
  EXPECT_TRUE(host.prints("i-1", "boot 2\n"));
}

TEST(Freezing, outlives_a_guest_that_turns_itself_off) {
  Host host;
  auto const machine = host.make_machine("i-1");
  host.start(machine);
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto frozen = freeze(host, machine);
  ASSERT_TRUE(host.driver().press_power_button("i-1"));
  MachineProcess const process(host.options().directory, "i-1");
  ASSERT_TRUE(host.await("i-1", [&] { return process.state().value_or("") == "shutdown"; }));
  EXPECT_EQ(host.status("i-1").power, Power::running);
  EXPECT_EQ(stamp(*frozen[0], 1), 1);
  EXPECT_EQ(read(*frozen[0], 15), Bytes(kBlockBytes, std::byte{'x'}));
  frozen.clear();
  EXPECT_EQ(host.status("i-1").power, Power::stopped);
  EXPECT_EQ(host.status("i-1").reason, "");
}

TEST(Freezing, that_an_earlier_driver_left_is_ended_by_the_next) {
  Host host;
  auto const running = host.make_machine("i-1");
  auto const stopped = host.make_machine("i-2");
  host.start(running);
  host.start(stopped);
  for (auto const* id : {"i-1", "i-2"}) ASSERT_TRUE(host.prints(id, "boot 1\nx"));
  ASSERT_TRUE(host.driver().kill("i-2"));
  auto first = freeze(host, running);
  auto second = freeze(host, stopped);
  EXPECT_EQ(stamp(*second[0], 1), 1);  // since it is read it has processes
  auto const daemon = Host::process_of(host.volume_folder("vol-i-2") + "/storage-daemon.pid");
  {
    auto next = open_qemu(host.options());
    ASSERT_TRUE(next) << next.error().message;
  }
  EXPECT_FALSE(first[0]->read(0));
  EXPECT_FALSE(second[0]->read(0));
  EXPECT_FALSE(Host::is_alive(daemon));
  EXPECT_FALSE(std::filesystem::exists(host.volume_folder("vol-i-1") + "/frozen.qcow2"));
  first.clear();
  second.clear();
  EXPECT_EQ(stamp(*freeze(host, running)[0], 1), 1);
}

TEST(Freezing, a_volume_without_a_machine_shows_its_base) {
  Host host;
  auto const machine = host.make_machine("i-1");
  auto frozen = freeze(host, machine);
  EXPECT_EQ(changed_blocks(*frozen[0]), Blocks{});
  EXPECT_EQ(read(*frozen[0], 15), Bytes(kBlockBytes, std::byte{'x'}));
}

}  // namespace
}  // namespace argosy::machines
