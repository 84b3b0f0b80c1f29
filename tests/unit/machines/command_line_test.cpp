#include "machines/command_line.h"

#include <gtest/gtest.h>

namespace argosy::machines {
namespace {

Machine machine() {
  Machine machine;
  machine.id = "i-0123456789abcdef0";
  machine.architecture = "x86_64";
  machine.boot_mode = "legacy-bios";
  machine.disks = {{"vol-0123456789abcdef0", 1 << 30, "session", {}}};
  machine.mac_address = "02:00:00:00:00:01";
  machine.loopback_address = "127.1.2.3";
  return machine;
}

/// All of them after each other, or why there are none.
std::string line(Machine const& machine, Setting const& setting) {
  auto const arguments = command_line(machine, setting);
  if (!arguments) return arguments.error().message;
  std::string text;
  for (auto const& argument : *arguments) text += argument + " ";
  return text;
}

TEST(CommandLine, names_a_volume_by_its_id_as_ebs_does) {
  auto const text = line(machine(), {});
  EXPECT_TRUE(text.contains("serial=vol0123456789abcdef0,bootindex=0")) << text;
  EXPECT_TRUE(text.contains(R"("path":"../../volumes/vol-0123456789abcdef0/base.sock")")) << text;
}

TEST(CommandLine, holds_no_secret) {
  auto encrypted = machine();
  encrypted.disks[0].secret = Bytes(32, std::byte{0x5c});
  auto const text = line(encrypted, {});
  EXPECT_TRUE(text.contains(R"("format":"luks")")) << text;
  EXPECT_FALSE(text.contains("5c5c")) << text;
  EXPECT_FALSE(text.contains("\\\\")) << text;
}

TEST(CommandLine, forwards_ports_of_the_machines_own_address) {
  auto const text = line(machine(), {.forwarded_ports = {22, 80}});
  EXPECT_TRUE(text.contains(",hostfwd=tcp:127.1.2.3:22-:22,hostfwd=tcp:127.1.2.3:80-:80")) << text;
  EXPECT_FALSE(text.contains("guestfwd")) << text;
}

TEST(CommandLine, hands_the_metadata_socket_to_the_relay_whatever_its_path_holds) {
  auto with_metadata = machine();
  with_metadata.metadata_socket = "/run/it's, here";
  auto const text = line(with_metadata, {.relay_command = {"/usr/bin/argosyd", "relay"}});
  EXPECT_TRUE(text.contains(
      R"(guestfwd=tcp:169.254.169.254:80-cmd:'/usr/bin/argosyd' 'relay' '/run/it'\''s,, here')"))
      << text;
}

TEST(CommandLine, gives_a_machine_with_uefi_its_firmware) {
  auto const text = line(machine(), {.firmware = "/code.fd"});
  EXPECT_TRUE(text.contains("filename=/code.fd")) << text;
  EXPECT_TRUE(text.contains("pflash0=firmware,pflash1=variables")) << text;
  EXPECT_FALSE(line(machine(), {}).contains("pflash"));
}

TEST(CommandLine, is_refused_for_what_is_no_pc) {
  auto other = machine();
  other.architecture = "arm64";
  EXPECT_TRUE(line(other, {}).contains("architecture arm64"));
  other = machine();
  other.boot_mode = "magic";
  EXPECT_TRUE(line(other, {}).contains("boot mode magic"));
  other = machine();
  other.disks.clear();
  EXPECT_TRUE(line(other, {}).contains("no disk"));
  other.disks.resize(kMaxDisks + 1);
  EXPECT_TRUE(line(other, {}).contains("more than 28 disks"));
}

TEST(SystemUuid, begins_with_ec2_and_ends_with_the_machine) {
  EXPECT_EQ(system_uuid("i-0123456789abcdef0"), "ec200000-0000-0000-1234-56789abcdef0");
  EXPECT_EQ(system_uuid("i-01234567"), "ec200000-0000-0000-0000-000001234567");
}

}  // namespace
}  // namespace argosy::machines
