// machines/block_nodes.h - a volume as QEMU sees it: an overlay node over what its disk server serves.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "machines/driver.h"

namespace argosy::machines {

/// Files of a volume's folder.
constexpr char const* kOverlayFile = "overlay.qcow2";
constexpr char const* kFrozenFile = "frozen.qcow2";

/// A file of a volume as a process sees it that runs in the folder of a machine or of a volume: short enough
/// for a socket, wherever the driver's directory lies.
std::string volume_file(std::string const& volume_id, std::string const& name);

/// The object that holds a volume's secret.
std::string secret_of(std::string const& volume_id);

enum class Writing { allowed, none };
/// The nodes of a volume, each below the next; the last one is the volume, with its id as its name. When a
/// disk server dies, requests wait until it is back.
std::vector<boost::json::object> volume_nodes(Disk const& disk, Writing writing);
/// A qcow2 file of a volume over a node; an empty `backing` is a base of zeros.
boost::json::object overlay_node(Disk const& disk, std::string const& node, std::string const& file,
                                 std::string const& backing);

}  // namespace argosy::machines
