#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "support/folder.h"
#include "support/raw_client.h"

namespace argosy::http {
namespace {

using testing::StartsWith;

constexpr std::string_view kChunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kGood = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
constexpr std::size_t kBlockBytes = 512U << 10U;

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

class HttpServer : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.listen = "unix:" + path_;
    auto answer = [](Request const& request) {
      Response response;
      response.body = request.path == "/block" ? Bytes(kBlockBytes) : request.body;
      return response;
    };
    auto refuse = [](int status, std::string_view) {
      Response response;
      response.status = status;
      return response;
    };
    auto server = Server::start(options, answer, refuse);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  tests::RawClient client() const { return tests::RawClient(path_); }
  std::string answer_to(std::string_view text) const {
    auto const asks = client();
    asks.say(text);
    return asks.hear();
  }
  /// Until it holds; fails after a minute.
  void expect_soon(std::function<bool()> const& holds) {
    for (int i = 0; i < 6'000; ++i) {
      if (holds()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "not within a minute";
  }

  tests::Folder folder_;
  std::string path_ = folder_ / "socket";
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, takes_bodies_in_chunks_with_extensions_and_trailers) {
  start();
  auto const answer = answer_to(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;a=b\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nok")) << answer;
}

TEST_F(HttpServer, outlives_a_trailer_that_its_parser_cannot_hold) {
  start();
  for (std::string const& trailer : {"X: " + std::string(70'000, 'a'), std::string(70'000, 'a') + ": x"}) {
    auto const answer = answer_to(std::string(kChunked) + "0\r\n" + trailer + "\r\n\r\n");
    EXPECT_FALSE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_THAT(answer_to(kGood), StartsWith("HTTP/1.1 200 "));
  }
  expect_soon([&] { return server_->load().connections == 0; });
}

TEST_F(HttpServer, refuses_a_field_that_its_parser_cannot_hold_where_headers_may_be_larger) {
  ServerOptions options;
  options.header_limit_bytes = 1U << 20U;
  start(options);
  for (std::string const& field : {"X: " + std::string(66'000, 'a'), std::string(66'000, 'a') + ": x"})
    EXPECT_THAT(answer_to("GET / HTTP/1.1\r\n" + field + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer_to(std::string(kChunked) + "0\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n"),
              testing::Not(StartsWith("HTTP/1.1 200 ")));
  EXPECT_THAT(answer_to(kGood), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServer, takes_no_header_without_end) {
  start();
  auto const endless = client();
  // Whatever the server has read, 512 bytes at a time, ends with two bytes of a field: what Beast does not
  // bound.
  endless.say("GET /aa HTTP/1.1\r\na:");
  EXPECT_TRUE(endless.say_until_cut(repeated("\r\na:", 1'000), 1'000));
}

TEST_F(HttpServer, takes_no_chunk_extension_without_end) {
  start();
  auto const endless = client();
  endless.say(std::string(kChunked) + "5;");
  EXPECT_TRUE(endless.say_until_cut(std::string(4'096, 'x'), 1'000));
}

TEST_F(HttpServer, takes_no_trailers_without_end) {
  start();
  auto const endless = client();
  endless.say(std::string(kChunked) + "0\r\n");
  EXPECT_TRUE(endless.say_until_cut(repeated("a: b\r\n", 1'000), 1'000));
}

TEST_F(HttpServer, refuses_more_fields_than_other_servers_take) {
  start();
  auto const with_fields = [](int count) {
    return "GET / HTTP/1.1\r\n" + repeated("a:\r\n", count - 1) + "Connection: close\r\n\r\n";
  };
  EXPECT_THAT(answer_to(with_fields(100)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to(with_fields(101)), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer_to(with_fields(16'000)), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServer, counts_the_fields_of_a_header_together) {
  ServerOptions options;
  options.header_limit_bytes = 4'096;
  start(options);
  // As above: 62 bytes, and 64 for each field.
  std::string const line = "GET /" + std::string(46, 'a') + " HTTP/1.1\r\n";
  std::string const field = "X: " + std::string(59, 'a') + "\r\n";
  EXPECT_THAT(answer_to(line + repeated(field, 60) + "Connection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to(line + repeated(field, 80) + "Connection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServer, serves_a_newcomer_where_everybody_waits_for_the_rest_of_a_body) {
  ServerOptions options;
  options.connection_limit = 3;
  start(options);
  std::deque<tests::RawClient> slow;
  for (int i = 0; i < 3; ++i) {
    slow.emplace_back(path_);
    slow.back().say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  }
  expect_soon([&] { return server_->load().requests == 3; });
  expect_soon([&] { return answer_to(kGood).starts_with("HTTP/1.1 200 "); });
}

std::string block_for(std::string const& share) {
  return "GET /block HTTP/1.1\r\nHost: " + share + "\r\nConnection: close\r\n\r\n";
}

TEST_F(HttpServer, holds_no_more_answers_than_its_budget_and_serves_who_asks_for_little) {
  ServerOptions options;
  options.answer_budget_bytes = 4 * kBlockBytes;
  options.share_of = [](Request const& request) {
    return std::string(find_header(request.headers, "host").value_or(""));
  };
  start(options);
  std::deque<tests::RawClient> greedy;  // who do not read on
  std::vector<std::size_t> heard;
  for (int i = 0; i < 6; ++i) {
    greedy.emplace_back(path_);
    greedy.back().say(block_for("greedy"));
    heard.push_back(greedy.back().hear("HTTP/1.1 ").size());
  }
  auto const answer = answer_to(block_for("modest"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_GT(answer.size(), kBlockBytes);
  int whole = 0;
  for (std::size_t i = 0; i < heard.size(); ++i)
    if (heard[i] + greedy[i].hear().size() > kBlockBytes) ++whole;
  EXPECT_GE(whole, 1);
  EXPECT_LE(whole, 3);
}

TEST_F(HttpServer, serves_a_newcomer_where_nobody_reads_his_answer) {
  ServerOptions options;
  options.connection_limit = 3;
  start(options);
  std::deque<tests::RawClient> slow;
  for (int i = 0; i < 3; ++i) {
    slow.emplace_back(path_);
    slow.back().say(block_for("x"));
    slow.back().hear("HTTP/1.1 200 ");
  }
  expect_soon([&] { return answer_to(kGood).starts_with("HTTP/1.1 200 "); });
}

}  // namespace
}  // namespace argosy::http
