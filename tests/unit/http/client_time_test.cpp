#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "http/client.h"
#include "http/listener.h"
#include "http/server.h"
#include "support/folder.h"

namespace argosy::http {
namespace {

using namespace std::chrono_literals;

/// A server whose answer comes in pieces, each a while after the one before.
std::unique_ptr<Server> trickling(int pieces, Duration pause) {
  auto handler = [=](Request const&) {
    Response response;
    response.stream = [=, sent = 0]() mutable -> Result<Bytes> {
      if (sent++ == pieces) return Bytes{};
      std::this_thread::sleep_for(pause);
      return to_bytes(as_bytes("piece "));
    };
    return response;
  };
  auto server = Server::start({}, handler, [](int, std::string_view) { return Response{}; });
  EXPECT_TRUE(server);
  return *std::move(server);
}

Result<std::string> read_all(Server const& server, std::optional<Duration> call_timeout) {
  ClientOptions options;
  options.call_timeout = call_timeout;
  Client client({false, "127.0.0.1", server.port(), {}}, options);
  Request request;
  request.method = "GET";
  request.path = "/";
  std::string out;
  TRY(client.send(request, [&](ByteView piece) -> Result<void> {
    out += as_text(piece);
    return {};
  }));
  return out;
}

TEST(ClientTimeTest, a_call_ends_in_time_however_its_bytes_trickle) {
  auto const server = trickling(1'000, 10ms);
  auto const read = read_all(*server, 100ms);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fault, Fault::unavailable);
}

TEST(ClientTimeTest, a_call_without_a_limit_lasts_as_long_as_bytes_come) {
  auto const server = trickling(20, 10ms);
  auto const read = read_all(*server, std::nullopt);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->size(), 20 * std::string_view("piece ").size());
}

TEST(ClientTimeTest, an_answer_in_chunks_may_last_as_long_as_bytes_come) {
  auto const server = trickling(20, 100ms);
  ClientOptions options;
  options.io_timeout = 1s;
  Client client({false, "127.0.0.1", server->port(), {}}, options);
  Request request;
  request.method = "GET";
  request.path = "/";
  auto const answer = client.send(request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body.size(), 20 * std::string_view("piece ").size());
}

/// Takes one connection, reads a piece after each pause until one ends with '!', and answers.
void read_slowly(int listening, Duration pause) {
  int const connection = ::accept(listening, nullptr, nullptr);
  std::vector<char> piece(64U << 10U);
  for (char last = 0; last != '!';) {
    std::this_thread::sleep_for(pause);
    auto const got = ::recv(connection, piece.data(), piece.size(), 0);
    if (got <= 0) break;
    last = piece[static_cast<std::size_t>(got) - 1];
  }
  constexpr std::string_view kGood = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
  ::send(connection, kGood.data(), kGood.size(), MSG_NOSIGNAL);
  ::close(connection);
}

/// A client of a local socket, which holds little of what is sent and not read yet.
class ClientThatSends : public testing::Test {
 protected:
  ClientThatSends() { options_.io_timeout = 1s; }
  ~ClientThatSends() override { ::close(listening_); }
  Result<Response> send() {
    Client client({false, "localhost", 0, {}, path_}, options_);
    Request request{"PUT", "/", {}, {}, Bytes(2U << 20U, std::byte{'x'}), {}, {}};
    request.body.push_back(std::byte{'!'});
    return client.send(request);
  }

  tests::Folder const folder_;
  std::string const path_ = folder_ / "socket";
  int const listening_ = Listener::open("unix:" + path_)->release();
  ClientOptions options_;
};

TEST_F(ClientThatSends, goes_on_as_long_as_something_is_read) {
  std::jthread const server(read_slowly, listening_, 50ms);
  auto const answer = send();
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(ClientThatSends, gives_up_when_nothing_is_read) {
  options_.io_timeout = 100ms;
  auto const answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().fault, Fault::unavailable);
}

}  // namespace
}  // namespace argosy::http
