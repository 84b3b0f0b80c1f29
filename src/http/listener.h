// http/listener.h - where a server listens: a TCP address, or a local socket that its owner alone can open.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy::http {

/// "unix:/var/lib/argosy/operator.sock" -> the path; empty if `where` is no local socket.
std::string local_path(std::string_view where);

/// A name by which bind and connect reach `path` also where it is longer than the 107 bytes that a socket's
/// address has room for: through an open descriptor of its folder, held as long as this lives (Linux).
class LocalName {
 public:
  /// Fails with `not_found` if the folder does not exist.
  static Result<LocalName> open(std::string const& path);
  LocalName(LocalName&& other) noexcept;
  LocalName(LocalName const&) = delete;
  LocalName& operator=(LocalName const&) = delete;
  ~LocalName();
  std::string const& text() const { return text_; }

 private:
  LocalName(std::string text, int folder) : text_(std::move(text)), folder_(folder) {}
  std::string text_;
  int folder_;
};

/// A listening descriptor, closed with it unless released.
class Listener {
 public:
  /// `where` is ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH. What stands at PATH is removed first; the new
  /// socket has mode 0600. Fails with `invalid`, `unavailable`.
  static Result<Listener> open(std::string const& where);
  Listener(Listener&& other) noexcept;
  Listener(Listener const&) = delete;
  Listener& operator=(Listener const&) = delete;
  ~Listener();

  std::uint16_t port() const { return port_; }  ///< 0 of a local socket
  int family() const { return family_; }        ///< AF_INET, AF_INET6, AF_UNIX
  /// Reached from this machine alone.
  bool is_local() const { return local_; }
  int release();

 private:
  Listener(int descriptor, int family) : descriptor_(descriptor), family_(family) {}
  static Result<Listener> open_local(std::string const& path);
  static Result<Listener> open_address(std::string const& where);
  int descriptor_;
  int family_;
  bool local_ = true;
  std::uint16_t port_ = 0;
};

}  // namespace argosy::http
