// A service for the command's tests: it answers each operation of EC2, KMS, STS and EBS direct from a list of
// its own.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <deque>
#include <map>
#include <mutex>

#include "cli/session.h"
#include "digest/sha256.h"
#include "http/server.h"

namespace argosy::cli {

inline std::string ec2_error(std::string const& code) {
  return "<Response><Errors><Error><Code>" + code +
         "</Code><Message>no</Message></Error></Errors><RequestID>7</RequestID></Response>";
}
/// As a load balancer says that nobody is there.
inline constexpr char const* kNoAnswer = "no answer";
/// Of EBS direct too.
inline std::string kms_error(std::string const& type) {
  return R"({"__type":")" + type + R"(","message":"no"})";
}

/// Of EBS direct, as the answer to GetSnapshotBlock.
inline constexpr char const* kRefusedToken =
    R"({"__type":"ValidationException","Message":"no","Reason":"INVALID_BLOCK_TOKEN"})";

/// Answers each action from a list of its own, the last answer for ever, and remembers what was asked, one
/// call at a time. Of the answer to GetSnapshotBlock the first letter is taken: it fills the block.
class ScriptedService {
 public:
  std::map<std::string, std::deque<std::string>> answers;

  ScriptedService() {
    server_ = *http::Server::start(
        {}, [this](http::Request const& request) { return answer(request); },
        [](int status, std::string_view) {
          return http::Response{status, {}, {}, {}};
        });
    for (auto const* service : {"ec2", "ebs", "kms", "sts"})
      settings.endpoint_urls[service] = "http://127.0.0.1:" + std::to_string(server_->port());
    settings.credentials = remote::Credentials{"AKIATEST", "secret", std::nullopt};
    settings.patience = std::chrono::seconds(20);
    settings.max_attempts = 1;
  }

  std::unique_ptr<Session> open(std::string const& region = "us-west-2") const {
    return *Session::open(settings, region);
  }
  int count(std::string const& action) const {
    return static_cast<int>(
        std::ranges::count(requests_, action, [](auto const& request) { return request.action; }));
  }
  /// Of the last request with that action; empty if it had no such parameter.
  std::string parameter(std::string const& action, std::string const& name) const {
    std::string value;
    for (auto const& request : requests_)
      if (request.action == action) value = wire::find_pair(request.parameters, name).value_or("");
    return value;
  }
  /// Of each request with that action.
  std::vector<std::string> parameters(std::string const& action, std::string const& name) const {
    std::vector<std::string> values;
    for (auto const& request : requests_)
      if (request.action == action)
        values.emplace_back(wire::find_pair(request.parameters, name).value_or(""));
    return values;
  }
  /// Of all requests, in their order.
  std::vector<std::string> actions() const {
    std::vector<std::string> out;
    for (auto const& request : requests_) out.push_back(request.action);
    return out;
  }

  Settings settings;

 private:
  struct Asked {
    std::string action;
    wire::Pairs parameters;  ///< of KMS only texts, of EBS direct the query
  };

  static Asked read_ebs(http::Request const& request) {
    auto const& path = request.path;
    auto action = request.method == "PUT"     ? "PutSnapshotBlock"
                  : path == "/snapshots"      ? "StartSnapshot"
                  : request.method == "POST"  ? "CompleteSnapshot"
                  : path.ends_with("/blocks") ? "ListSnapshotBlocks"
                  : path.contains("/blocks/") ? "GetSnapshotBlock"
                                              : "ListChangedBlocks";
    return {action, *wire::parse_form(request.query)};
  }

  static Asked read(http::Request const& request) {
    if (request.path.starts_with("/snapshots")) return read_ebs(request);
    auto target = http::find_header(request.headers, "x-amz-target");
    if (!target) {
      auto pairs = *wire::parse_form(as_text(request.body));
      return {std::string(*wire::find_pair(pairs, "Action")), pairs};
    }
    Asked asked{std::string(target->substr(target->find('.') + 1)), {}};
    auto const body = boost::json::parse(as_text(request.body));
    for (auto const& [name, value] : body.as_object())
      if (value.is_string()) asked.parameters.emplace_back(name, value.get_string());
    return asked;
  }

  static http::Response block_of(char content) {
    Bytes block(512 * 1024, std::byte(content));
    http::Headers headers{{"x-amz-checksum", to_base64(digest::sha256(block).bytes)}};
    return {200, std::move(headers), std::move(block), {}};
  }

  http::Response answer(http::Request const& request) {
    std::lock_guard lock(mutex_);
    requests_.push_back(read(request));
    auto& list = answers[requests_.back().action];
    auto text = list.empty() ? ec2_error("InvalidAction") : list.front();
    if (list.size() > 1) list.pop_front();
    if (text == kNoAnswer) return {503, {}, {}, {}};
    bool failed = text.contains("<Error>") || text.contains("\"__type\"");
    if (requests_.back().action == "GetSnapshotBlock" && !failed) return block_of(text.front());
    http::Headers headers;
    if (text.contains("\"__type\""))  // where EBS direct has it
      headers.emplace_back("x-amzn-errortype", boost::json::parse(text).at("__type").as_string());
    return {failed ? 400 : 200, std::move(headers), to_bytes(as_bytes(text)), {}};
  }

  std::mutex mutex_;  // guards answers and requests_ while it is asked
  std::vector<Asked> requests_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace argosy::cli
