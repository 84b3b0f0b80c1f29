#include <gtest/gtest.h>

#include <thread>

#include "http/client.h"
#include "http/server.h"

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

}  // namespace
}  // namespace argosy::http
