// machines/forwarding.cpp - see forwarding.h.
#include "machines/forwarding.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>

#include "base/descriptor.h"
#include "base/log.h"

namespace argosy::machines {
namespace {

/// 0, or errno of the attempt.
int try_port(std::string const& address, std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return errno;
  int const reuse = 1;  // as QEMU does
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) return EINVAL;
  bool const bound = ::bind(socket.number(), reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0 &&
                     ::listen(socket.number(), 1) == 0;
  return bound ? 0 : errno;
}

void explain(std::string const& address, std::uint16_t port, int reason) {
  static std::atomic<bool> privilege_explained = false;
  if (reason != EACCES) {
    log_warning("port {} of {} is not forwarded to its machine: {}{}", port, address, std::strerror(reason),
                reason == EADDRINUSE
                    ? " (does a server of this host listen on all addresses? Give it one of its own)"
                    : "");
  } else if (!privilege_explained.exchange(true)) {
    log_warning(
        "port {} of machines is not forwarded to them, as only root may listen on it; "
        "sysctl net.ipv4.ip_unprivileged_port_start={} lets everybody",
        port, port);
  }
}

}  // namespace

std::vector<std::uint16_t> available_ports(std::string const& address,
                                           std::vector<std::uint16_t> const& ports) {
  std::vector<std::uint16_t> available;
  for (auto port : ports) {
    int const reason = try_port(address, port);
    if (reason == 0)
      available.push_back(port);
    else
      explain(address, port, reason);
  }
  return available;
}

}  // namespace argosy::machines
