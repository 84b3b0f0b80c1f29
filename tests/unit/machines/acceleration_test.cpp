#include "machines/acceleration.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "machines/probe_sector.h"
#include "machines/program.h"
#include "support/folder.h"

namespace argosy::machines {
namespace {

/// A QEMU that does something else with -accel kvm.
std::string make_qemu(tests::Folder const& folder, std::string const& with_kvm) {
  auto const path = folder / "qemu";
  std::ofstream(path) << "#!/bin/sh\ncase \" $* \" in *' -accel kvm '*) " << with_kvm
                      << ";; esac\nexec qemu-system-x86_64 \"$@\"\n";
  ::chmod(path.c_str(), 0700);
  return path;
}

TEST(ProbeSector, ends_well_under_a_qemu_that_works) {
  tests::Folder folder;
  auto const disk = folder / "disk.raw";
  auto content = std::string(as_text(probe_sector()));
  ASSERT_EQ(content.size(), 512U);
  content.resize(1 << 20);
  std::ofstream(disk, std::ios::binary) << content;
  auto const ending = run({{"qemu-system-x86_64", "-nodefaults", "-display", "none", "-accel", "tcg", "-m",
                            "16", "-drive", "format=raw,if=virtio,file=" + disk, "-device",
                            "isa-debug-exit,iosize=1,iobase=" + std::to_string(kProbeExitPort)},
                           "qemu-system-x86"},
                          Duration{60'000});
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, kProbeExitCode) << ending->complaint;
}

TEST(Acceleration, is_not_kvm_where_a_guest_hangs_or_dies_with_it) {
  tests::Folder folder;
  EXPECT_EQ(probe_acceleration(make_qemu(folder, "exec sleep 600"), folder.path()), "tcg");
  EXPECT_EQ(probe_acceleration(make_qemu(folder, "echo no luck >&2; exit 1"), folder.path()), "tcg");
  EXPECT_EQ(probe_acceleration(make_qemu(folder, "exit 0"), folder.path()), "tcg");
}

TEST(Acceleration, is_kvm_where_it_is_faster) {
  tests::Folder folder;
  auto const found =
      probe_acceleration(make_qemu(folder, "exit " + std::to_string(kProbeExitCode)), folder.path());
  EXPECT_EQ(found, ::access("/dev/kvm", R_OK | W_OK) == 0 ? "kvm" : "tcg");
}

TEST(Acceleration, is_not_kvm_without_a_qemu) {
  tests::Folder folder;
  EXPECT_EQ(probe_acceleration("no-such-qemu", folder.path()), "tcg");
}

}  // namespace
}  // namespace argosy::machines
