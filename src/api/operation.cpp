// api/operation.cpp - how long EC2's operations may read, and what surrounds their answers. Source:
// ec2-semantics A2, A3.
#include "api/operation.h"

namespace argosy::api {

sql::Interrupt read_limit(Service const& service) {
  auto const until = std::chrono::steady_clock::now() + service.read_limit;
  return [&service, until]() -> Result<void> {
    auto const now = std::chrono::steady_clock::now();
    if (now >= service.reads_end.load()) return fail(Fault::unavailable, "the process ends");
    if (now >= until)
      return fail(Fault::limit, "RequestLimitExceeded",
                  "Request limit exceeded: what is asked for takes too long to find. Name ids, or filters "
                  "with fewer wildcards.");
    return {};
  };
}

namespace envelope {
namespace {

http::Headers headers(std::string const& request_id) {
  return {{"x-amzn-RequestId", request_id},
          {"Cache-Control", "no-cache, no-store"},
          {"Content-Type", "text/xml;charset=UTF-8"},
          {"Server", "AmazonEC2"}};
}

}  // namespace

std::string open(std::string const& action, std::string const& request_id) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + action +
         "Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>" + request_id +
         "</requestId>";
}

std::string close(std::string const& action) { return "</" + action + "Response>"; }

http::Response respond(std::string const& request_id, std::string body) {
  http::Response response;
  response.headers = headers(request_id);
  response.body = to_bytes(as_bytes(body));
  return response;
}

http::Response respond(std::string const& request_id, http::BodySource stream) {
  http::Response response;
  response.headers = headers(request_id);
  response.stream = std::move(stream);
  return response;
}

}  // namespace envelope
}  // namespace argosy::api
