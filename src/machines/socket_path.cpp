// machines/socket_path.cpp - see socket_path.h.
#include "machines/socket_path.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace argosy::machines {

Result<SocketPath> SocketPath::open(std::string const& folder, std::string const& name) {
  Descriptor descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open()) return system_failure(folder);
  auto text = "/proc/self/fd/" + std::to_string(descriptor.number()) + "/" + name;
  return SocketPath(std::move(descriptor), std::move(text));
}

Result<Descriptor> connect_to(std::string const& folder, std::string const& name, int timeout_seconds) {
  auto const path = TRY(SocketPath::open(folder, name));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_failure("cannot make a socket");
  timeval const timeout{timeout_seconds, 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.text().size() >= sizeof(address.sun_path)) return fail(Fault::invalid, name + ": too long a name");
  path.text().copy(static_cast<char*>(address.sun_path), path.text().size());
  if (::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    return system_failure(folder + "/" + name);
  return socket;
}

bool accepts_connections(std::string const& folder, std::string const& name) {
  return connect_to(folder, name, 1).has_value();
}

}  // namespace argosy::machines
