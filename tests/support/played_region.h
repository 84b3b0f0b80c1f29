// support/played_region.h - a region that is played: it answers EBS direct's two calls for one snapshot, and
// as badly as a test wants.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <deque>
#include <mutex>
#include <set>

#include "digest/sha256.h"
#include "messages/ebs/ebs.h"
#include "remote/transport.h"
#include "wire/form.h"
#include "wire/json.h"

namespace argosy::tests {

namespace ebs = messages::ebs;

/// What the block of that index holds, if it is written; none equals another.
inline Bytes block_of(std::uint64_t index) {
  Bytes out(ebs::kBlockSize, static_cast<std::byte>(index % 251 + 1));
  put_le(out, index);  // tells blocks apart
  out.erase(out.begin(), out.begin() + 8);
  return out;
}

inline http::Response refusal(int status, std::string type, std::string const& reason = "",
                              std::string const& message = "no") {
  http::Response response;
  response.status = status;
  response.headers = {{"x-amzn-ErrorType", std::move(type)}};
  response.body = to_bytes(as_bytes(R"({"Message":")" + message + R"(","Reason":")" + reason + "\"}"));
  return response;
}

/// Of a snapshot "snap-1". Any thread.
class PlayedRegion {
 public:
  std::set<std::uint64_t> written;
  std::int64_t size_gib = 1;
  std::string token = "token";  ///< of every block
  std::string access_key_id = "AKIAKNOWN";
  std::size_t most_results = 10'000;
  bool spoil = false;  ///< blocks come with another one's checksum

  /// What the next requests get instead of an answer.
  void fail_next(std::vector<Result<http::Response>> answers) {
    std::lock_guard lock(mutex_);
    failures_.insert(failures_.end(), answers.begin(), answers.end());
  }
  int lists() const { return lists_; }
  int gets() const { return gets_; }

  Result<http::Response> answer(http::Request const& request) {
    {
      std::lock_guard lock(mutex_);
      if (!failures_.empty()) {
        auto next = failures_.front();
        failures_.pop_front();
        return next;
      }
    }
    if (!http::find_header(request.headers, "authorization")->contains(access_key_id + "/"))
      return refusal(403, "UnrecognizedClientException");
    auto const query = *wire::parse_form(request.query);
    std::string const prefix = "/snapshots/snap-1/blocks";
    EXPECT_TRUE(request.path.starts_with(prefix)) << request.path;
    if (request.path == prefix) return list(query);
    return get(number(request.path.substr(prefix.size() + 1)), *wire::find_pair(query, "blockToken"));
  }

 private:
  static std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  }
  Result<http::Response> list(wire::Pairs const& query) {
    ++lists_;
    auto const page_token = wire::find_pair(query, "pageToken");
    auto const start = number(page_token ? *page_token : *wire::find_pair(query, "startingBlockIndex"));
    auto const limit = std::min(most_results, number(*wire::find_pair(query, "maxResults")));
    if (start >= static_cast<std::uint64_t>(size_gib) * 2'048)
      return refusal(400, "ValidationException", "INVALID_PARAMETER_VALUE");
    ebs::ListSnapshotBlocksResponse out;
    out.volume_size = size_gib;
    out.expiry_time = system_clock().now() + std::chrono::hours(1);
    for (auto at = written.lower_bound(start); at != written.end(); ++at) {
      if (out.blocks.size() == limit) {
        out.next_token = std::to_string(*at);
        break;
      }
      out.blocks.push_back({static_cast<std::int64_t>(*at), token});
    }
    http::Response response;
    response.body = to_bytes(as_bytes(wire::encode_json(out, wire::Naming::upper_camel)));
    return response;
  }
  Result<http::Response> get(std::uint64_t index, std::string_view given) {
    ++gets_;
    if (given != token) return refusal(400, "ValidationException", "INVALID_BLOCK_TOKEN");
    http::Response response;
    response.body = block_of(index);
    response.headers = {
        {"x-amz-Checksum", to_base64(digest::sha256(block_of(spoil ? index + 1 : index)).bytes)}};
    return response;
  }

  std::mutex mutex_;  // guards failures_
  std::deque<Result<http::Response>> failures_;
  std::atomic<int> lists_ = 0;
  std::atomic<int> gets_ = 0;
};

class PlayedTransport final : public remote::Transport {
 public:
  explicit PlayedTransport(PlayedRegion& region) : region_(region) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override { return region_.answer(request); }

 private:
  PlayedRegion& region_;
  http::Endpoint endpoint_{false, "region", 80, {}};
};

}  // namespace argosy::tests
