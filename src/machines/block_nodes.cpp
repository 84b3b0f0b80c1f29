// machines/block_nodes.cpp - see block_nodes.h. Source: QEMU's QMP reference, BlockdevOptions.
#include "machines/block_nodes.h"

#include "machines/disk_server.h"

namespace argosy::machines {
namespace {

/// A guest waits for its disk as long as nobody ends it; who reads a frozen disk can try again.
constexpr int kReconnectSeconds = 24 * 60 * 60;
constexpr int kReaderReconnectSeconds = 10;
/// From its socket until it listens.
constexpr int kOpenSeconds = 20;

}  // namespace

std::string volume_file(std::string const& volume_id, std::string const& name) {
  return "../../volumes/" + volume_id + "/" + name;
}

std::string secret_of(std::string const& volume_id) { return volume_id + "-secret"; }

boost::json::object overlay_node(Disk const& disk, std::string const& node, std::string const& file,
                                 std::string const& backing) {
  boost::json::object overlay{
      {"driver", "qcow2"},
      {"node-name", node},
      {"file", {{"driver", "file"}, {"filename", volume_file(disk.volume_id, file)}, {"discard", "unmap"}}},
      {"discard", "unmap"}};
  if (!backing.empty()) overlay["backing"] = backing;
  if (!disk.secret.empty())
    overlay["encrypt"] = {{"format", "luks"}, {"key-secret", secret_of(disk.volume_id)}};
  return overlay;
}

std::vector<boost::json::object> volume_nodes(Disk const& disk, Writing writing) {
  std::vector<boost::json::object> nodes;
  std::string base;
  if (!disk.session.empty()) {
    base = disk.volume_id + "-base";
    nodes.push_back(
        {{"driver", "nbd"},
         {"node-name", base},
         {"server", {{"type", "unix"}, {"path", volume_file(disk.volume_id, DiskServer::kSocket)}}},
         {"reconnect-delay", writing == Writing::allowed ? kReconnectSeconds : kReaderReconnectSeconds},
         {"open-timeout", kOpenSeconds},
         {"read-only", true}});
  }
  auto overlay = overlay_node(disk, disk.volume_id, kOverlayFile, base);
  if (writing == Writing::allowed)
    overlay["detect-zeroes"] = "unmap";
  else
    overlay["read-only"] = true;
  nodes.push_back(std::move(overlay));
  return nodes;
}

}  // namespace argosy::machines
