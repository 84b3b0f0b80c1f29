// remote/transport.cpp - see transport.h.
#include "remote/transport.h"

#include <algorithm>
#include <random>
#include <thread>

namespace argosy::remote {
namespace {

constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::milliseconds(5'000);
/// A signature that is refused as expired before this age would be refused again: the clock is wrong.
constexpr auto kFresh = std::chrono::minutes(1);

class HttpTransport final : public Transport {
 public:
  HttpTransport(http::Endpoint const& endpoint, http::ClientOptions const& options)
      : client_(endpoint, options) {}
  http::Endpoint const& endpoint() const override { return client_.endpoint(); }
  Result<http::Response> send(http::Request const& request) override { return client_.send(request); }

 private:
  http::Client client_;
};

class Signing final : public Transport {
 public:
  Signing(Transport& below, Credentials credentials, Scope scope, Payload payload, Clock& clock)
      : below_(below),
        credentials_(std::move(credentials)),
        scope_(std::move(scope)),
        payload_(payload),
        clock_(clock) {}
  http::Endpoint const& endpoint() const override { return below_.endpoint(); }
  Result<http::Response> send(http::Request const& request) override {
    auto const signed_at = clock_.now();
    auto response = send_signed(request, signed_at);
    if (!response || !is_expired(*response) || clock_.now() - signed_at < kFresh) return response;
    return send_signed(request, clock_.now());
  }

 private:
  Result<http::Response> send_signed(http::Request request, Time now) {
    request.path = endpoint().path + request.path;
    sign(request, endpoint(), credentials_, scope_, payload_, now);
    return below_.send(request);
  }

  /// EC2's code, and the words of the other services. Source: ec2-semantics A7.
  static bool is_expired(http::Response const& response) {
    auto const body = as_text(response.body);
    return response.status >= 400 && (body.contains("RequestExpired") || body.contains("Signature expired"));
  }

  Transport& below_;
  Credentials const credentials_;
  Scope const scope_;
  Payload const payload_;
  Clock& clock_;
};

class Retrying final : public Transport {
 public:
  Retrying(std::unique_ptr<Transport> below, int attempts) : below_(std::move(below)), attempts_(attempts) {}
  http::Endpoint const& endpoint() const override { return below_->endpoint(); }
  Result<http::Response> send(http::Request const& request) override {
    auto wait = kFirstWait;
    for (int attempt = 1;; ++attempt) {
      auto response = below_->send(request);
      if (attempt >= attempts_ || !is_passing(response)) return response;
      thread_local std::minstd_rand random(std::random_device{}());
      std::this_thread::sleep_for(
          std::chrono::milliseconds(random() % static_cast<unsigned>(wait.count() + 1)));
      wait = std::min(wait * 2, kLongestWait);
    }
  }

 private:
  static bool is_passing(Result<http::Response> const& response) {
    if (!response) return response.error().fault == Fault::unavailable;
    int status = response->status;
    if (status == 500 || (status >= 502 && status <= 504) || status == 429) return true;
    if (status != 400) return false;  // EBS direct throttles with 400
    auto type = http::find_header(response->headers, "x-amzn-errortype");
    auto body = as_text(response->body);
    return (type && type->contains("Throttl")) || body.contains("<Code>Throttling") ||
           body.contains("RequestLimitExceeded");
  }

  std::unique_ptr<Transport> below_;
  int attempts_;
};

}  // namespace

std::unique_ptr<Transport> open_http(http::Endpoint const& endpoint, http::ClientOptions const& options) {
  return std::make_unique<HttpTransport>(endpoint, options);
}

std::unique_ptr<Transport> with_signatures(Transport& below, Credentials credentials, Scope scope,
                                           Payload payload, Clock& clock) {
  return std::make_unique<Signing>(below, std::move(credentials), std::move(scope), payload, clock);
}

std::unique_ptr<Transport> with_retries(std::unique_ptr<Transport> below, int attempts) {
  return std::make_unique<Retrying>(std::move(below), attempts);
}

}  // namespace argosy::remote
