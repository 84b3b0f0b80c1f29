#include "host.h"
#include "machines/command_line.h"
#include "machines/qmp.h"

namespace argosy::machines {
namespace {

TEST(Machine, is_reset_by_a_later_process_when_its_guest_was_asked_to_reboot) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().prepare_reboot("i-1"));
  ASSERT_TRUE(host.driver().reboot("i-1"));
  host.reopen();
  ASSERT_TRUE(host.await("i-1", [&] { return !host.status("i-1").reboots; }));
  EXPECT_TRUE(host.prints("i-1", "boot 2\nx"));
}

TEST(Machine, boots_again_in_its_process_when_its_guest_was_asked_to_reboot) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  auto const qemu = host.qemu_of("i-1");
  ASSERT_TRUE(host.driver().prepare_reboot("i-1"));
  ASSERT_TRUE(host.driver().reboot("i-1"));
  ASSERT_TRUE(host.await("i-1", [&] { return !host.status("i-1").reboots; }));
  EXPECT_TRUE(host.prints("i-1", "boot 2\nx"));
  EXPECT_EQ(host.qemu_of("i-1"), qemu);
  EXPECT_EQ(host.status("i-1").power, Power::running);
}

TEST(Machine, is_off_and_not_rebooted_when_that_was_asked_for_last) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().prepare_reboot("i-1"));
  ASSERT_TRUE(host.driver().reboot("i-1"));
  ASSERT_TRUE(host.driver().press_power_button("i-1"));
  EXPECT_TRUE(host.becomes("i-1", Power::stopped));
}

TEST(Machine, that_was_reset_is_not_to_reboot_although_the_process_died_then) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().prepare_reboot("i-1"));
  ASSERT_TRUE(host.status("i-1").reboots);
  {
    auto qemu = Qmp::connect(host.folder_of("i-1"), kQmpSocket);
    ASSERT_TRUE(qemu);
    ASSERT_TRUE(qemu->execute("stop"));
    ASSERT_TRUE(qemu->execute("system_reset"));
  }
  host.reopen();
  EXPECT_FALSE(host.status("i-1").reboots);
  EXPECT_TRUE(host.prints("i-1", "boot 2\nx"));
}

TEST(Machine, that_stands_still_after_a_reset_needs_no_reboot) {
  Host host;
  host.start(host.make_machine("i-1"));
  ASSERT_TRUE(host.prints("i-1", "boot 1\nx"));
  ASSERT_TRUE(host.driver().reset("i-1"));
  ASSERT_TRUE(host.driver().prepare_reboot("i-1"));
  EXPECT_EQ(file_exists(host.folder_of("i-1") + "/reboots"), false);
  ASSERT_TRUE(host.driver().reboot("i-1"));
  EXPECT_TRUE(host.prints("i-1", "boot 2\nx"));
  EXPECT_TRUE(host.goes_on("i-1"));
}

}  // namespace
}  // namespace argosy::machines
