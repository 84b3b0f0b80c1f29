// http/listener.cpp - see listener.h.
#include "http/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "http/url.h"

namespace argosy::http {
namespace {

constexpr std::string_view kLocalScheme = "unix:";

std::unexpected<Error> cannot_listen(std::string const& where) {
  return fail(Fault::unavailable, "cannot listen on " + where + ": " + std::strerror(errno));
}

bool is_loopback(sockaddr const* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address, sizeof four);
    return (ntohl(four.sin_addr.s_addr) >> 24U) == 127;
  }
  sockaddr_in6 six{};
  std::memcpy(&six, address, sizeof six);
  return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &length);
  if (bound.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in const&>(bound).sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6 const&>(bound).sin6_port);
}

}  // namespace

std::string local_path(std::string_view where) {
  return where.starts_with(kLocalScheme) ? std::string(where.substr(kLocalScheme.size())) : std::string();
}

Result<LocalName> LocalName::open(std::string const& path) {
  if (path.size() < sizeof(sockaddr_un::sun_path)) return LocalName(path, -1);
  auto const slash = path.rfind('/');
  auto const folder_path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  int folder = ::open(folder_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return fail(Fault::not_found, folder_path + ": " + std::strerror(errno));
  LocalName name("/proc/self/fd/" + std::to_string(folder) + "/" + path.substr(slash + 1), folder);
  if (name.text_.size() >= sizeof(sockaddr_un::sun_path))
    return fail(Fault::invalid, path + ": the name of the socket is too long");
  return name;
}

LocalName::LocalName(LocalName&& other) noexcept
    : text_(std::move(other.text_)), folder_(std::exchange(other.folder_, -1)) {}

LocalName::~LocalName() {
  if (folder_ >= 0) ::close(folder_);
}

Listener::Listener(Listener&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      family_(other.family_),
      local_(other.local_),
      port_(other.port_) {}

Listener::~Listener() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Listener::release() { return std::exchange(descriptor_, -1); }

Result<Listener> Listener::open(std::string const& where) {
  auto const path = local_path(where);
  return path.empty() ? open_address(where) : open_local(path);
}

Result<Listener> Listener::open_local(std::string const& path) {
  auto name = TRY(LocalName::open(path));
  Listener listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), AF_UNIX);
  if (listener.descriptor_ < 0) return cannot_listen(path);
  ::unlink(path.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name.text(), address.sun_path);
  if (::bind(listener.descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(listener.descriptor_, SOMAXCONN) != 0)
    return cannot_listen(path);
  return listener;
}

Result<Listener> Listener::open_address(std::string const& where) {
  auto address = TRY(parse_address(where));
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0)
    return fail(Fault::invalid, where + " is not an address and a port");
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, ::freeaddrinfo);
  Listener listener(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), found->ai_family);
  if (listener.descriptor_ < 0) return cannot_listen(where);
  int const yes = 1;
  ::setsockopt(listener.descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(listener.descriptor_, found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(listener.descriptor_, SOMAXCONN) != 0)
    return cannot_listen(where);
  listener.local_ = is_loopback(found->ai_addr);
  listener.port_ = port_of(listener.descriptor_);
  return listener;
}

}  // namespace argosy::http
