#include "metadata/server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "http/client.h"
#include "support/folder.h"
#include "support/raw_client.h"
#include "unit/metadata/facts.h"

namespace argosy::metadata {
namespace {

int status_at(std::string const& socket_path, std::string const& path = "/latest/meta-data/instance-id",
              std::string* body = nullptr) {
  http::Endpoint endpoint;
  endpoint.local_socket = socket_path;
  http::Client client(endpoint, {});
  http::Request request;
  request.method = "GET";
  request.path = path;
  request.headers = {{"Host", "169.254.169.254"}};
  auto response = client.send(request);
  if (!response) return 0;
  if (body != nullptr) *body = std::string(as_text(response->body));
  return response->status;
}

class MetadataServer : public testing::Test {
 protected:
  std::string socket(std::string const& name) const { return folder_ / name; }

  tests::Folder folder_;
  std::string known_ = "i-0123456789abcdef0";
  Server server_{crypto::Key::random(system_entropy()), system_clock(),
                 [this](std::string const& id) -> Result<std::optional<Facts>> {
                   if (id == "i-broken") return fail(Fault::unavailable, "the catalogue is away");
                   if (id != known_) return std::nullopt;
                   auto facts = some_facts();
                   facts.instance_id = id;
                   return facts;
                 }};
};

TEST_F(MetadataServer, answers_each_machine_on_a_socket_of_its_own) {
  ASSERT_TRUE(server_.add(known_, socket("one")));
  ASSERT_TRUE(server_.add("i-gone", socket("two")));
  std::string body;
  EXPECT_EQ(status_at(socket("one"), "/latest/meta-data/instance-id", &body), 200);
  EXPECT_EQ(body, known_);
  EXPECT_EQ(status_at(socket("two")), 404);
}

TEST_F(MetadataServer, says_when_it_cannot_tell_now) {
  ASSERT_TRUE(server_.add("i-broken", socket("one")));
  EXPECT_EQ(status_at(socket("one")), 503);
}

TEST_F(MetadataServer, may_be_told_of_a_machine_again) {
  ASSERT_TRUE(server_.add(known_, socket("one")));
  ASSERT_TRUE(server_.add(known_, socket("one")));
  EXPECT_EQ(status_at(socket("one")), 200);
}

TEST_F(MetadataServer, takes_the_place_of_a_socket_that_was_left) {
  std::ofstream(socket("one")) << "left";
  ASSERT_TRUE(server_.add(known_, socket("one")));
  EXPECT_EQ(status_at(socket("one")), 200);
}

TEST_F(MetadataServer, outlives_a_machine_that_sends_a_trailer_of_any_length) {
  ASSERT_TRUE(server_.add(known_, socket("one")));
  tests::RawClient const machine(socket("one"));
  machine.say("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
              std::string(70'000, 'a') + "\r\n\r\n");
  machine.hear();
  EXPECT_EQ(status_at(socket("one")), 200);
}

TEST_F(MetadataServer, is_gone_when_the_machine_is) {
  ASSERT_TRUE(server_.add(known_, socket("one")));
  server_.remove(known_);
  server_.remove(known_);
  EXPECT_FALSE(std::filesystem::exists(socket("one")));
  ASSERT_TRUE(server_.add(known_, socket("one")));
  EXPECT_EQ(status_at(socket("one")), 200);
}

}  // namespace
}  // namespace argosy::metadata
