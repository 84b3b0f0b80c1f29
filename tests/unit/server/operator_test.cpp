#include "server/operator.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "support/folder.h"

namespace argosy::server {
namespace {

http::Request request_of(std::string method, std::string path) {
  http::Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  return request;
}

class OperatorTest : public testing::Test {
 protected:
  void SetUp() override {
    door.add("POST", "/echo", OperatorDoor::Openness::owner_only, [](http::Request const& request) {
      return json_response(boost::json::object{{"query", request.query}, {"body", as_text(request.body)}});
    });
    door.add("POST", "/count", OperatorDoor::Openness::owner_only, [](http::Request const&) {
      http::Response response;
      response.stream = [n = 0]() mutable -> Result<Bytes> {
        return n == 3 ? Bytes{} : to_bytes(as_bytes(std::to_string(n++) + "\n"));
      };
      return response;
    });
    door.add("GET", "/health/ready", OperatorDoor::Openness::anyone, [](http::Request const&) {
      return error_response({Fault::unavailable, {}, "the disk is full"});
    });
  }
  void TearDown() override { door.stop(Duration{0}); }
  tests::Folder const own_folder;
  std::string const folder = own_folder.path();
  OperatorDoor door;
};

TEST_F(OperatorTest, hands_path_query_and_body_to_a_handler_and_its_json_back) {
  ASSERT_TRUE(door.open(folder, ""));
  door.begin();
  auto request = request_of("POST", "/echo");
  request.query = "a=b";
  request.body = to_bytes(as_bytes("hello"));
  auto response = ask_operator(folder, request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(as_text(response->body), "{\"query\":\"a=b\",\"body\":\"hello\"}\n");
}

TEST_F(OperatorTest, refuses_a_query_that_is_no_form) {
  ASSERT_TRUE(door.open(folder, ""));
  door.begin();
  auto request = request_of("POST", "/echo");
  request.query = "region=us%-east-1";
  auto response = ask_operator(folder, request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().fault, Fault::invalid);
}

TEST_F(OperatorTest, answers_json_whatever_bytes_a_path_has) {
  auto const response = door.handle(request_of("GET", "/\xa3"), OperatorDoor::Openness::anyone);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(as_text(response.body), "{\"error\":\"there is no /?\"}\n");
}

TEST_F(OperatorTest, pours_a_streamed_answer_into_a_sink) {
  ASSERT_TRUE(door.open(folder, ""));
  door.begin();
  std::string seen;
  auto response = ask_operator(folder, request_of("POST", "/count"), [&](ByteView piece) -> Result<void> {
    seen += as_text(piece);
    return {};
  });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(seen, "0\n1\n2\n");
}

TEST_F(OperatorTest, is_reached_also_where_the_path_is_longer_than_a_socket_address) {
  auto const deep = folder + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  ASSERT_TRUE(door.open(deep, ""));
  EXPECT_TRUE(ask_operator(deep, request_of("GET", "/health/live")));
}

TEST_F(OperatorTest, makes_a_socket_that_its_owner_alone_can_open_and_removes_it_at_the_end) {
  auto const path = operator_socket(folder);
  std::ofstream(path) << "left over";
  ASSERT_TRUE(door.open(folder, ""));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  door.stop(Duration{0});
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(OperatorTest, says_that_nobody_runs_where_nobody_listens) {
  auto none = ask_operator(folder, request_of("GET", "/health/live"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::unavailable);
  EXPECT_EQ(none.error().message, "no argosyd runs on " + folder);
}

TEST_F(OperatorTest, lives_before_it_is_ready_and_says_what_it_waits_for) {
  ASSERT_TRUE(door.open(folder, ""));
  door.not_ready("opening region us-east-1");
  EXPECT_TRUE(ask_operator(folder, request_of("GET", "/health/live")));
  auto early = ask_operator(folder, request_of("POST", "/echo"));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().message, "opening region us-east-1");
  door.begin();
  auto unready = ask_operator(folder, request_of("GET", "/health/ready"));
  ASSERT_FALSE(unready);
  EXPECT_EQ(unready.error().message, "the disk is full");
}

TEST_F(OperatorTest, shows_anyone_only_what_is_open_to_anyone) {
  ASSERT_TRUE(door.open(folder, "127.0.0.1:0"));
  door.begin();
  http::Endpoint const endpoint{false, "127.0.0.1", door.port(), {}};
  http::Client client(endpoint, {});
  EXPECT_EQ(client.send(request_of("GET", "/health/live"))->status, 200);
  EXPECT_EQ(client.send(request_of("GET", "/health/ready"))->status, 503);
  EXPECT_EQ(client.send(request_of("POST", "/echo"))->status, 404);
  EXPECT_EQ(client.send(request_of("POST", "/health/live"))->status, 405);
}

}  // namespace
}  // namespace argosy::server
