// machines/forwarding.h - which ports of a machine's loopback address this host lets us listen on.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace argosy::machines {

/// Those of `ports` that can be had at `address`. Says in the log why others cannot, and what to do.
std::vector<std::uint16_t> available_ports(std::string const& address,
                                           std::vector<std::uint16_t> const& ports);

}  // namespace argosy::machines
