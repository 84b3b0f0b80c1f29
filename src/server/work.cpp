// server/work.cpp - see work.h.
#include "server/work.h"

#include <chrono>

#include "server/operator.h"
#include "wire/form.h"

namespace argosy::server {
namespace {

namespace json = boost::json;

/// A line of progress is sent about so often.
constexpr auto kLineInterval = std::chrono::milliseconds(250);

/// Does some work in one region after the other while its lines are taken.
class Stream {
 public:
  Stream(std::vector<Region*> regions, MakeWork make)
      : regions_(std::move(regions)), make_(std::move(make)) {}

  Result<Bytes> next() {
    if (at_ == regions_.size()) return Bytes{};
    auto const until = std::chrono::steady_clock::now() + kLineInterval;
    json::object line{{"region", regions_[at_]->name()}};
    auto done = step_until(until);
    if (work_)
      for (auto const& [key, value] : work_->tell()) line[key] = value;
    if (!done) line["error"] = to_utf8(done.error().message);  // a backup's folder is any bytes
    line["done"] = !done || *done;
    if (!done || *done) {
      work_.reset();
      ++at_;
    }
    return to_bytes(as_bytes(json::serialize(line) + "\n"));
  }

 private:
  Result<bool> step_until(std::chrono::steady_clock::time_point until) {
    if (!work_) work_ = TRY(make_(*regions_[at_]));
    while (true) {
      bool const done = TRY(work_->step());
      if (done || std::chrono::steady_clock::now() > until) return done;
    }
  }

  std::vector<Region*> regions_;
  MakeWork make_;
  std::size_t at_ = 0;
  std::unique_ptr<Work> work_;
};

}  // namespace

std::optional<std::string> parameter(http::Request const& request, std::string_view name) {
  auto pairs = wire::parse_form(request.query);
  auto const found = pairs ? wire::find_pair(*pairs, name) : std::nullopt;
  return found ? std::optional(std::string(*found)) : std::nullopt;
}

Result<std::vector<Region*>> chosen(std::vector<std::unique_ptr<Region>> const& regions,
                                    http::Request const& request) {
  auto const name = parameter(request, "region");
  std::vector<Region*> out;
  for (auto const& region : regions)
    if (!name || region->name() == *name) out.push_back(region.get());
  if (out.empty()) return fail(Fault::not_found, "there is no region " + name.value_or("") + " here");
  return out;
}

http::Response answer_work(std::vector<std::unique_ptr<Region>> const& regions, http::Request const& request,
                           MakeWork make) {
  auto asked = chosen(regions, request);
  if (!asked) return error_response(asked.error());
  auto stream = std::make_shared<Stream>(*std::move(asked), std::move(make));  // std::function is copied
  http::Response response;
  response.headers = {{"Content-Type", "application/jsonl"}, {"Cache-Control", "no-store"}};
  response.stream = [stream] { return stream->next(); };
  return response;
}

}  // namespace argosy::server
