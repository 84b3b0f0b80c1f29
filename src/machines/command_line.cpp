// machines/command_line.cpp - see command_line.h. Source: qemu-system-x86_64(1).
#include "machines/command_line.h"

#include <boost/json.hpp>

#include "machines/acceleration.h"
#include "machines/block_nodes.h"

namespace argosy::machines {
namespace {

using Arguments = std::vector<std::string>;

/// MiB of translated code that a machine under TCG keeps; QEMU's own choice is a gigabyte.
constexpr char const* kTcg = "tcg,tb-size=128";
/// The guest's address and the metadata service's lie in the same net, as QEMU forwards only inside it.
constexpr char const* kNet = "net=169.254.0.0/16,dhcpstart=169.254.0.15";
constexpr char const* kMetadataService = "tcp:169.254.169.254:80";

void append(Arguments& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

/// QEMU's options are separated by commas.
std::string double_commas(std::string const& text) {
  std::string out;
  for (char character : text) out += character == ',' ? std::string(",,") : std::string(1, character);
  return out;
}

/// As a shell, and g_shell_parse_argv, which runs the command, read one word.
std::string quote(std::string const& text) {
  std::string out = "'";
  for (char character : text) out += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return out + "'";
}

Result<void> check(Machine const& machine) {
  if (machine.architecture != "x86_64" && machine.architecture != "i386")
    return fail(Fault::invalid, "this host runs no machines of architecture " + machine.architecture);
  if (machine.boot_mode != "legacy-bios" && machine.boot_mode != "uefi")
    return fail(Fault::invalid, "this host does not know the boot mode " + machine.boot_mode);
  if (machine.disks.size() > kMaxDisks)
    return fail(Fault::invalid, machine.id + " has more than " + std::to_string(kMaxDisks) + " disks");
  if (machine.disks.empty()) return fail(Fault::invalid, machine.id + " has no disk to boot from");
  return {};
}

void add_firmware(Arguments& arguments, Machine const& machine, Setting const& setting) {
  std::string pc = "pc,usb=off,vmport=off";
  if (!setting.firmware.empty()) {
    append(arguments,
           {"-blockdev",
            "driver=file,node-name=firmware,read-only=on,filename=" + double_commas(setting.firmware),
            "-blockdev", std::string("driver=file,node-name=variables,filename=") + kFirmwareVariables});
    pc += ",pflash0=firmware,pflash1=variables";
  }
  auto const uuid = system_uuid(machine.id);
  append(arguments, {"-machine", pc, "-smbios",
                     "type=1,manufacturer=Amazon EC2,product=Argosy,uuid=" + uuid + ",serial=" + uuid});
}

void add_disks(Arguments& arguments, Machine const& machine) {
  for (std::size_t i = 0; i < machine.disks.size(); ++i) {
    auto const& disk = machine.disks[i];
    auto const nodes = volume_nodes(disk, Writing::allowed);
    for (auto const& node : nodes) append(arguments, {"-blockdev", boost::json::serialize(node)});
    auto serial = disk.volume_id;  // as EBS has it, which fits into the 20 characters of virtio
    std::erase(serial, '-');
    // On an error of the disk the guest is stopped, and goes on when it is gone: it waits, as on EBS.
    append(arguments, {"-device", "virtio-blk-pci,drive=" + disk.volume_id + ",serial=" + serial +
                                      ",bootindex=" + std::to_string(i) + ",rerror=stop,werror=stop"});
  }
}

void add_network(Arguments& arguments, Machine const& machine, Setting const& setting) {
  std::string net = std::string("user,id=net,ipv6=off,") + kNet;
  for (auto port : setting.forwarded_ports) {
    auto const number = std::to_string(port);
    net += ",hostfwd=tcp:" + machine.loopback_address + ":" + number + "-:" + number;
  }
  if (!machine.metadata_socket.empty()) {
    std::string relay;
    for (auto const& word : setting.relay_command) relay += quote(word) + " ";
    relay += quote(machine.metadata_socket);
    net += std::string(",guestfwd=") + kMetadataService + "-cmd:" + double_commas(relay);
  }
  append(arguments,
         {"-netdev", net, "-device", "virtio-net-pci,netdev=net,romfile=,mac=" + machine.mac_address});
}

}  // namespace

std::string system_uuid(std::string const& machine_id) {
  constexpr std::size_t kDigits = 32;
  auto id = machine_id.substr(machine_id.find('-') + 1);
  if (id.size() > kDigits - 3) id.resize(kDigits - 3);
  auto digits = "ec2" + std::string(kDigits - 3 - id.size(), '0') + id;
  for (std::size_t dash : {20U, 16U, 12U, 8U}) digits.insert(dash, "-");
  return digits;
}

Result<std::vector<std::string>> command_line(Machine const& machine, Setting const& setting) {
  TRY(check(machine));
  Arguments arguments{setting.qemu,      "-name",    machine.id, "-nodefaults",
                      "-no-user-config", "-display", "none"};
  append(arguments, {"-accel", setting.acceleration == "tcg" ? kTcg : setting.acceleration, "-cpu",
                     processor(setting.acceleration), "-smp", std::to_string(machine.vcpus), "-m",
                     std::to_string(machine.memory_mib)});
  add_firmware(arguments, machine, setting);
  for (auto const& object : setting.secret_objects) append(arguments, {"-object", object});
  add_disks(arguments, machine);
  add_network(arguments, machine, setting);
  append(arguments, {"-object", "rng-builtin,id=entropy", "-device", "virtio-rng-pci,rng=entropy"});
  append(arguments, {"-chardev", std::string("file,id=console,append=on,path=") + kConsoleFile, "-serial",
                     "chardev:console", "-qmp", std::string("unix:") + kQmpSocket + ",server=on,wait=off"});
  // A guest that turns itself off leaves its process, so that a process that is gone was killed or crashed.
  append(arguments, {"-action", "shutdown=pause"});
  // The relay of the metadata service is a process that QEMU spawns and gives a session of its own, which
  // elevateprivileges=deny would kill it for. (A sandbox lets no program gain privileges in any case.)
  append(arguments, {"-sandbox", "on,obsolete=deny,spawn=allow,resourcecontrol=deny"});
  return arguments;
}

}  // namespace argosy::machines
