#include "remote/transport.h"

#include <gtest/gtest.h>

namespace argosy::remote {
namespace {

/// Answers from a list, the last one again and again.
class Scripted final : public Transport {
 public:
  Scripted(std::vector<Result<http::Response>> answers, int& calls)
      : answers_(std::move(answers)), calls_(calls) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const&) override {
    auto at = std::min(static_cast<std::size_t>(calls_++), answers_.size() - 1);
    return answers_[at];
  }

 private:
  std::vector<Result<http::Response>> answers_;
  int& calls_;
  http::Endpoint endpoint_;
};

Result<http::Response> status(int code, std::string_view body = "") {
  http::Response response;
  response.status = code;
  response.body = to_bytes(as_bytes(body));
  return response;
}

int calls_until_answer(std::vector<Result<http::Response>> answers, int attempts) {
  int calls = 0;
  auto transport = with_retries(std::make_unique<Scripted>(std::move(answers), calls), attempts);
  (void)transport->send({});
  return calls;
}

TEST(Retries, repeat_what_may_pass_and_nothing_else) {
  EXPECT_EQ(calls_until_answer({status(200)}, 3), 1);
  EXPECT_EQ(calls_until_answer({status(503), status(200)}, 3), 2);
  EXPECT_EQ(calls_until_answer({fail(Fault::unavailable, "cut"), status(200)}, 3), 2);
  EXPECT_EQ(calls_until_answer({status(400, "<Code>RequestLimitExceeded</Code>"), status(200)}, 3), 2);
  EXPECT_EQ(calls_until_answer({status(400, "<Code>InvalidAMIID.NotFound</Code>")}, 3), 1);
  EXPECT_EQ(calls_until_answer({status(403)}, 3), 1);
  EXPECT_EQ(calls_until_answer({fail(Fault::invalid, "no such address")}, 3), 1);
}

TEST(Retries, end_after_the_given_attempts) { EXPECT_EQ(calls_until_answer({status(500)}, 3), 3); }

}  // namespace
}  // namespace argosy::remote
