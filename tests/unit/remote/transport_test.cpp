#include "remote/transport.h"

#include <gmock/gmock.h>
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

class SetClock final : public Clock {
 public:
  Time now() override { return time; }
  Time time = *parse_iso8601("2026-05-09T14:22:31Z");
};

/// Answers from a list, each after a while, and remembers when the requests were signed.
class Slow final : public Transport {
 public:
  Slow(std::vector<Result<http::Response>> answers, Duration delay, SetClock& clock)
      : answers_(std::move(answers)), delay_(delay), clock_(clock) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override {
    EXPECT_EQ(request.path, "/below/snapshots");
    clock_.time += delay_;
    dates.emplace_back(http::find_header(request.headers, "x-amz-date").value_or(""));
    return answers_[std::min(dates.size(), answers_.size()) - 1];
  }

  std::vector<std::string> dates;

 private:
  std::vector<Result<http::Response>> answers_;
  Duration const delay_;
  SetClock& clock_;
  http::Endpoint const endpoint_{false, "region", 80, "/below"};
};

class Signatures : public testing::Test {
 protected:
  /// When the attempts to get an answer were signed.
  std::vector<std::string> dates(std::vector<Result<http::Response>> answers, Duration delay) {
    Slow slow(std::move(answers), delay, clock_);
    auto transport = with_retries(
        with_signatures(slow, {"AKIA", "secret", {}}, {"us-east-1", "ebs"}, Payload::hashed, clock_), 3);
    EXPECT_TRUE(transport->send({"GET", "/snapshots", "", {}, {}, "", {}}));
    return slow.dates;
  }

  SetClock clock_;
};

TEST_F(Signatures, are_made_for_each_attempt) {
  EXPECT_THAT(dates({status(503), fail(Fault::unavailable, "cut"), status(200)}, std::chrono::minutes(10)),
              testing::ElementsAre("20260509T142231Z", "20260509T143231Z", "20260509T144231Z"));
}

TEST_F(Signatures, that_expired_on_the_way_are_made_anew_once) {
  for (auto const* words :
       {"<Code>RequestExpired</Code>", R"({"message":"Signature expired: now is later"})"}) {
    EXPECT_EQ(dates({status(403, words), status(200)}, std::chrono::minutes(16)).size(), 2U) << words;
    EXPECT_EQ(dates({status(403, words)}, std::chrono::minutes(16)).size(), 2U) << words;
    EXPECT_EQ(dates({status(403, words)}, std::chrono::seconds(1)).size(), 1U) << "the clock is wrong";
  }
  EXPECT_EQ(dates({status(403, "SignatureDoesNotMatch")}, std::chrono::minutes(16)).size(), 1U);
}

}  // namespace
}  // namespace argosy::remote
