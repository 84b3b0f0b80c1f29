// support/raw_client.h - a client of a local socket that says what no client would.
#pragma once
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

namespace argosy::tests {

class RawClient {
 public:
  explicit RawClient(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof(address)) != 0)
      ADD_FAILURE() << "nobody listens at " << path;
  }
  RawClient(RawClient const&) = delete;
  RawClient& operator=(RawClient const&) = delete;
  ~RawClient() { ::close(socket_); }

  /// False if the server has closed the connection.
  bool say(std::string_view text) const {
    while (!text.empty()) {
      auto const sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// `text` again and again, until the server closes the connection; false if it took all of it.
  bool say_until_cut(std::string_view text, int times) const {
    for (int i = 0; i < times; ++i)
      if (!say(text)) return true;
    return false;
  }
  /// To the end; or the least that `enough` is found in.
  std::string hear(std::string_view enough = {}) const {
    std::string heard;
    std::array<char, 4'096> buffer{};
    while (enough.empty() || !heard.contains(enough)) {
      auto const got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      heard.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return heard;
  }

 private:
  int const socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

}  // namespace argosy::tests
