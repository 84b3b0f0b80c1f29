#include "server/relay.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "http/server.h"
#include "support/folder.h"

namespace argosy::server {
namespace {

constexpr std::string_view kRequest = "GET /hello HTTP/1.1\r\nHost: argosy\r\nConnection: close\r\n\r\n";

std::unique_ptr<http::Server> serve(std::string const& socket_path) {
  http::ServerOptions options;
  options.listen = "unix:" + socket_path;
  auto server = http::Server::start(
      options,
      [](http::Request const& request) {
        http::Response response;
        response.body = to_bytes(as_bytes("this is " + request.path));
        return response;
      },
      [](int, std::string_view) { return http::Response(); });
  EXPECT_TRUE(server);
  return std::move(*server);
}

/// One machine's connection, as QEMU hands it over: one socket is both input and output.
class Relay : public testing::Test {
 protected:
  Relay() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0);
    thread_ = std::thread([this] {
      relayed_ = relay(path_, ends_[1], ends_[1]);
      ::shutdown(ends_[1], SHUT_RDWR);
    });
  }
  ~Relay() override {
    if (thread_.joinable()) thread_.join();
    for (int end : ends_) ::close(end);
  }
  std::string read_to_the_end() {
    std::string out;
    std::array<char, 1'000> buffer{};
    for (;;) {
      auto const got = ::read(ends_[0], buffer.data(), buffer.size());
      if (got <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  tests::Folder folder_;
  std::string path_ = folder_ / "socket";
  std::array<int, 2> ends_{};
  Result<void> relayed_;
  std::thread thread_;
};

TEST_F(Relay, waits_for_a_socket_that_is_not_there_and_brings_the_answer) {
  ASSERT_EQ(::write(ends_[0], kRequest.data(), kRequest.size()), static_cast<ssize_t>(kRequest.size()));
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  auto const server = serve(path_);
  auto const answer = read_to_the_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("this is /hello")) << answer;
  thread_.join();
  EXPECT_TRUE(relayed_);
}

TEST_F(Relay, ends_when_the_machine_hangs_up) {
  auto const server = serve(path_);
  ::shutdown(ends_[0], SHUT_WR);
  EXPECT_EQ(read_to_the_end(), "");
  thread_.join();
  EXPECT_TRUE(relayed_);
}

TEST(Relays, that_wait_for_one_socket_are_few) {
  constexpr int kMachinesConnections = 40;
  tests::Folder const folder;
  auto const path = folder / "socket";
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kMachinesConnections; ++i)
    threads.emplace_back([&] {
      std::array<int, 2> ends{};
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
      ::shutdown(ends[0], SHUT_WR);
      auto const relayed = relay(path, ends[1], ends[1]);
      if (!relayed && relayed.error().fault == Fault::limit) ++refused;
      for (int end : ends) ::close(end);
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  auto const server = serve(path);  // those that wait find it, and end
  for (auto& thread : threads) thread.join();
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, kMachinesConnections);
}

}  // namespace
}  // namespace argosy::server
