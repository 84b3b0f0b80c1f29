#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "http/listener.h"
#include "support/folder.h"

namespace argosy::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGood = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// What to answer to a request, counted from 0; with nothing the connection is closed.
using Script = std::function<std::optional<std::string>(int)>;

/// Serves one connection after the other, as its script says.
class Scripted {
 public:
  Scripted(std::string const& path, Script script) : script_(std::move(script)) {
    auto listener = Listener::open("unix:" + path);
    EXPECT_TRUE(listener);
    descriptor_ = listener->release();
    thread_ = std::thread([this] { run(); });
  }
  Scripted(Scripted const&) = delete;
  Scripted& operator=(Scripted const&) = delete;
  ~Scripted() {
    stopping_ = true;
    ::shutdown(descriptor_, SHUT_RDWR);
    thread_.join();
    ::close(descriptor_);
  }
  int requests() const { return requests_; }

 private:
  void run() {
    for (int connection = 0; (connection = ::accept(descriptor_, nullptr, nullptr)) >= 0;) {
      while (hear(connection)) {
        auto const answer = script_(requests_++);
        if (!answer) break;
        say(connection, *answer);
      }
      ::close(connection);
    }
  }
  static void say(int connection, std::string_view text) {
    while (!text.empty()) {
      auto const sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// A request without a body; false when the client has gone, or the test is over.
  bool hear(int connection) const {
    std::string heard;
    std::array<char, 4'096> buffer{};
    pollfd wait{connection, POLLIN, 0};
    while (!heard.contains("\r\n\r\n")) {
      while (!stopping_ && ::poll(&wait, 1, 10) == 0) continue;
      auto const got = stopping_ ? 0 : ::recv(connection, buffer.data(), buffer.size(), 0);
      if (got <= 0) return false;
      heard.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return true;
  }

  Script const script_;
  int descriptor_ = -1;
  std::atomic<int> requests_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

ClientOptions impatient() {
  ClientOptions options;
  options.io_timeout = Duration{1'000};
  return options;
}

class HttpClient : public testing::Test {
 protected:
  Result<Response> ask() { return client_.send(request_); }
  Result<Response> pour() {
    return client_.send(request_, [](std::span<std::byte const>) -> Result<void> { return {}; });
  }

  tests::Folder folder_;
  std::string path_ = folder_ / "socket";
  Request request_{"GET", "/", {}, {}, {}, {}, {}};
  Client client_{Endpoint{false, "localhost", 0, {}, path_}, impatient()};
};

TEST_F(HttpClient, takes_no_answer_whose_header_has_no_end) {
  auto const endless = "HTTP/1.1 200 \r\n" + repeated("a:\r\n", 1'000'000);
  Scripted const server(path_, [&](int) { return endless; });
  auto const answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("limit"));
  EXPECT_EQ(answer.error().fault, Fault::unavailable);
}

TEST_F(HttpClient, takes_no_answer_whose_chunks_or_trailers_have_no_end) {
  for (auto const& end : {"5;" + std::string(4'000'000, 'x'), "0\r\n" + repeated("a: b\r\n", 1'000'000),
                          "0\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n"}) {
    std::string const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + end;
    Scripted const server(path_, [answer](int) { return answer; });
    EXPECT_EQ(ask().error().fault, Fault::unavailable);
    EXPECT_EQ(pour().error().fault, Fault::unavailable);
  }
}

TEST_F(HttpClient, replaces_a_kept_connection_that_is_closed_before_it_answers) {
  Scripted const server(
      path_, [](int request) { return request == 1 ? std::nullopt : std::optional(std::string(kGood)); });
  EXPECT_TRUE(ask());
  EXPECT_TRUE(ask());
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(HttpClient, asks_once_where_a_kept_connection_falls_silent) {
  Scripted const server(path_, [](int request) { return request == 0 ? std::string(kGood) : std::string(); });
  EXPECT_TRUE(ask());
  EXPECT_FALSE(ask());
  EXPECT_EQ(server.requests(), 2);
}

}  // namespace
}  // namespace argosy::http
