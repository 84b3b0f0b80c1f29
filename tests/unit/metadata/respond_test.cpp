#include "metadata/respond.h"

#include <gtest/gtest.h>

#include "unit/metadata/facts.h"

namespace argosy::metadata {
namespace {

Time const kNow = from_milliseconds(1'800'000'000'000);
constexpr auto kTokenHeader = "X-aws-ec2-metadata-token";
constexpr auto kLifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";

class MetadataService : public testing::Test {
 protected:
  http::Response ask(std::string method, std::string path, http::Headers headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    return respond(facts_, key_, now_, request);
  }
  int get(http::Headers headers = {}) {
    return ask("GET", "/latest/meta-data/ami-id", std::move(headers)).status;
  }
  std::string token(std::string lifetime = "60") {
    auto response = ask("PUT", "/latest/api/token", {{kLifetimeHeader, std::move(lifetime)}});
    EXPECT_EQ(response.status, 200);
    return std::string(as_text(response.body));
  }

  Facts facts_ = some_facts();
  crypto::Key key_ = crypto::Key::random(*seeded_entropy(1));
  Time now_ = kNow;
};

TEST_F(MetadataService, answers_without_a_token_where_none_is_required) {
  auto response = ask("GET", "/latest/meta-data/ami-id");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(as_text(response.body), "ami-0123456789abcdef0");
  EXPECT_EQ(http::find_header(response.headers, "Content-Type"), "text/plain");
  EXPECT_EQ(ask("HEAD", "/latest/meta-data/ami-id").status, 200);
}

TEST_F(MetadataService, wants_a_token_where_one_is_required) {
  facts_.tokens_required = true;
  EXPECT_EQ(get(), 401);
  EXPECT_EQ(get({{kTokenHeader, token()}}), 200);
  EXPECT_EQ(get({{"x-AWS-ec2-Metadata-Token", token()}}), 200);
}

TEST_F(MetadataService, never_takes_a_token_that_is_not_valid) {
  EXPECT_EQ(get({{kTokenHeader, "nonsense"}}), 401);
  auto const given = token("60");
  now_ += std::chrono::seconds(59);
  EXPECT_EQ(get({{kTokenHeader, given}}), 200);
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(get({{kTokenHeader, given}}), 401);
}

TEST_F(MetadataService, tells_how_long_a_token_lives) {
  auto response = ask("PUT", "/latest/api/token", {{kLifetimeHeader, "21600"}});
  EXPECT_EQ(http::find_header(response.headers, kLifetimeHeader), "21600");
}

TEST_F(MetadataService, gives_no_token_without_a_proper_time_to_live) {
  EXPECT_EQ(ask("PUT", "/latest/api/token").status, 400);
  for (auto lifetime : {"", "0", "-1", "21601", "60s", " 60", "99999999999999999999"})
    EXPECT_EQ(ask("PUT", "/latest/api/token", {{kLifetimeHeader, lifetime}}).status, 400) << lifetime;
}

TEST_F(MetadataService, gives_no_token_to_a_proxy) {
  EXPECT_EQ(
      ask("PUT", "/latest/api/token", {{kLifetimeHeader, "60"}, {"X-Forwarded-For", "10.0.0.1"}}).status,
      403);
}

TEST_F(MetadataService, refuses_everything_where_it_is_switched_off) {
  facts_.enabled = false;
  EXPECT_EQ(get(), 403);
  EXPECT_EQ(ask("PUT", "/latest/api/token", {{kLifetimeHeader, "60"}}).status, 403);
}

TEST_F(MetadataService, knows_no_other_method) {
  for (auto method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
    EXPECT_EQ(ask(method, "/latest/meta-data/ami-id").status, 405) << method;
  auto response = ask("GET", "/latest/api/token");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(http::find_header(response.headers, "Allow"), "PUT");
}

TEST_F(MetadataService, has_nothing_where_there_is_nothing) {
  auto response = ask("GET", "/latest/meta-data/nothing");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(as_text(response.body).find("404 - Not Found"), std::string_view::npos);
}

}  // namespace
}  // namespace argosy::metadata
