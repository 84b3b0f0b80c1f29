// remote/transport.cpp - see transport.h.
#include "remote/transport.h"

#include <algorithm>
#include <random>
#include <thread>

namespace argosy::remote {
namespace {

constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::milliseconds(5'000);

class HttpTransport final : public Transport {
 public:
  HttpTransport(http::Endpoint const& endpoint, http::ClientOptions const& options)
      : client_(endpoint, options) {}
  http::Endpoint const& endpoint() const override { return client_.endpoint(); }
  Result<http::Response> send(http::Request const& request) override { return client_.send(request); }

 private:
  http::Client client_;
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

std::unique_ptr<Transport> with_retries(std::unique_ptr<Transport> below, int attempts) {
  return std::make_unique<Retrying>(std::move(below), attempts);
}

}  // namespace argosy::remote
