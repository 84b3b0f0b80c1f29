// server/relay.cpp - see relay.h.
#include "server/relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <functional>
#include <thread>

#include "base/descriptor.h"
#include "http/listener.h"

namespace argosy::server {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(100);
constexpr int kPlaces = 8;  ///< of those who wait for one socket

Result<Descriptor> connect(std::string const& path) {
  auto const name = TRY(http::LocalName::open(path));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name.text(), address.sun_path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0 ||
      ::connect(socket.number(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    return system_failure(path);
  return socket;
}

/// A name in the kernel that one process can have, and has until it ends. So a machine that opens connections
/// while argosyd is away does not fill its host with processes that wait.
Result<Descriptor> take_place(std::string const& path) {
  auto const common = "argosy relay " + std::to_string(std::hash<std::string>()(path)) + " ";
  for (int place = 0; place < kPlaces; ++place) {
    auto const name = common + std::to_string(place);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path + 1);  // behind a zero: no file
    auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.number(), reinterpret_cast<sockaddr const*>(&address), length) == 0) return socket;
  }
  return fail(Fault::limit, "enough wait for " + path);
}

Result<Descriptor> connect_patiently(std::string const& path) {
  if (auto socket = connect(path)) return socket;
  auto const place = TRY(take_place(path));
  auto const until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    auto socket = connect(path);
    if (socket || std::chrono::steady_clock::now() > until) return socket;
    std::this_thread::sleep_for(kPause);
  }
}

/// One piece; false at the end of `from`.
Result<bool> copy(int from, int to) {
  std::array<char, 16'384> buffer;
  auto const got = ::read(from, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno != ECONNRESET) return system_failure("read");
  if (got <= 0) return false;
  for (auto rest = std::string_view(buffer.data(), static_cast<std::size_t>(got)); !rest.empty();) {
    auto const put = ::write(to, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_failure("write");
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

Result<void> relay(std::string const& socket_path, int input, int output) {
  std::signal(SIGPIPE, SIG_IGN);  // who has gone is told by write
  auto const socket = TRY(connect_patiently(socket_path));
  std::array<pollfd, 2> ends{pollfd{socket.number(), POLLIN, 0}, pollfd{input, POLLIN, 0}};
  for (;;) {
    if (::poll(ends.data(), ends.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return system_failure("poll");
    }
    if (ends[0].revents != 0) {
      bool const more = TRY(copy(socket.number(), output));
      if (!more) return {};
    }
    if (ends[1].revents != 0) {
      bool const more = TRY(copy(input, socket.number()));
      if (more) continue;
      ::shutdown(socket.number(), SHUT_WR);
      ends[1].fd = -1;  // poll passes over it
    }
  }
}

}  // namespace argosy::server
