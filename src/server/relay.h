// server/relay.h - a local socket as standard input and output: how a machine's network reaches its metadata
// service without a port on the host.
#pragma once
#include <string>

#include "base/error.h"

namespace argosy::server {

/// Copies `input` to the socket and the socket to `output`, until the socket is at its end. Waits some
/// seconds for one that is not there: argosyd may be restarting. Fails with `unavailable`, `limit` if several
/// wait already.
Result<void> relay(std::string const& socket_path, int input, int output);

}  // namespace argosy::server
