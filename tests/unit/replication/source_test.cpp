#include "replication/source.h"

#include <gtest/gtest.h>

#include "wire/json.h"

namespace argosy::replication {
namespace {

namespace m = messages::replication;

class PlayedTransport final : public remote::Transport {
 public:
  PlayedTransport(Result<http::Response> const& answer, std::vector<http::Request>& asked)
      : answer_(answer), asked_(asked) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override {
    asked_.push_back(request);
    return answer_;
  }

 private:
  Result<http::Response> const& answer_;
  std::vector<http::Request>& asked_;
  http::Endpoint endpoint_{false, "source", 1, {}, {}};
};

class SourceTest : public testing::Test {
 protected:
  void SetUp() override {
    m::Snapshot snapshot;
    snapshot.snapshot_id = kAsked;
    snapshot.volume_size_gib = 1;
    snapshot.content_digest = to_bytes(content::hole_digest(2).bytes);
    opened_.lease = "lease";
    opened_.snapshots = {snapshot};
  }
  Result<m::OpenResponse> open(std::string const& resource) {
    http::Response response;
    response.body = to_bytes(as_bytes(wire::encode_json(opened_, wire::Naming::snake)));
    answer_ = std::move(response);
    return source_.open({"111111111111", resource});
  }
  void refuse(int status, m::Refusal const& refusal) {
    http::Response response;
    response.status = status;
    response.body = to_bytes(as_bytes(wire::encode_json(refusal, wire::Naming::snake)));
    answer_ = std::move(response);
  }
  void expect_lie(std::string const& resource, std::string const& what) {
    auto const opened = open(resource);
    ASSERT_FALSE(opened) << what;
    EXPECT_EQ(opened.error().code, kSourceFailed);
    EXPECT_EQ(opened.error().fault, Fault::corrupt);
    EXPECT_EQ(opened.error().message, "the source region opened " + what);
  }

  static constexpr auto kAsked = "snap-00000000000000001";
  m::OpenResponse opened_;
  Result<http::Response> answer_;
  std::vector<http::Request> asked_;
  Source source_{"us-east-1", "us-west-2", std::make_unique<PlayedTransport>(answer_, asked_), std::nullopt};
};

TEST_F(SourceTest, believes_an_opening_of_what_was_asked_alone) {
  auto const opened = open(kAsked);
  ASSERT_TRUE(opened) << opened.error().message;
  expect_lie("snap-00000000000000002", "another snapshot");
  expect_lie("ami-00000000000000001", "no image");
  opened_.snapshots.push_back(opened_.snapshots.front());
  expect_lie(kAsked, "a snapshot twice");
}

TEST_F(SourceTest, gives_back_the_lease_of_an_opening_that_it_does_not_believe) {
  ASSERT_TRUE(open(kAsked));
  EXPECT_EQ(asked_.size(), 1U);
  opened_.snapshots.front().description = "\x01";
  expect_lie(kAsked, "a snapshot with a text that is none");
  ASSERT_EQ(asked_.size(), 3U);
  EXPECT_EQ(asked_.back().path, "/replication/close");
  EXPECT_EQ(as_text(asked_.back().body), R"({"lease":"lease"})");
  opened_.lease = std::string(65, 'l');
  expect_lie(kAsked, "without a lease");
  EXPECT_EQ(asked_.size(), 4U) << "what is no lease is not closed";
}

TEST_F(SourceTest, tells_its_own_failures_from_what_the_source_refuses) {
  answer_ = fail(Fault::unavailable, "connection refused");
  EXPECT_EQ(source_.renew("lease").error().code, kSourceFailed);
  for (auto const* about_regions : {"AccessDenied", "InvalidRegion"}) {
    refuse(403, {about_regions, "an operator mends that"});
    EXPECT_EQ(source_.renew("lease").error().code, kSourceFailed);
  }
  http::Response somebody_elses;  // of a proxy that does not reach it
  somebody_elses.status = 502;
  somebody_elses.body = to_bytes(as_bytes("<html>Bad Gateway</html>"));
  answer_ = std::move(somebody_elses);
  EXPECT_EQ(source_.renew("lease").error().code, kSourceFailed);
  refuse(503, {"", "The source region failed"});
  EXPECT_EQ(source_.renew("lease").error().code, kRequestFailed) << "another request may fare better";
  EXPECT_EQ(source_.renew("lease").error().fault, Fault::unavailable);
  refuse(404, {"LeaseNotFound", "There is no lease"});
  EXPECT_EQ(source_.renew("lease").error().code, "LeaseNotFound");
  refuse(429, {"RequestLimitExceeded", "too many copies"});
  EXPECT_EQ(source_.renew("lease").error().code, "RequestLimitExceeded");
}

}  // namespace
}  // namespace argosy::replication
