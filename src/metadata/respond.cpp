// metadata/respond.cpp - see respond.h.
#include "metadata/respond.h"

#include <charconv>

#include "metadata/token.h"
#include "metadata/tree.h"

namespace argosy::metadata {
namespace {

constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kTokenHeader = "X-aws-ec2-metadata-token";
constexpr std::string_view kLifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";

http::Response answer(std::string_view text, std::string content_type) {
  http::Response response;
  response.headers = {{"Content-Type", std::move(content_type)}, {"Server", "EC2ws"}};
  response.body = to_bytes(as_bytes(text));
  return response;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

http::Response not_allowed(std::string allowed) {
  auto response = refuse(405);
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

std::optional<std::int64_t> lifetime_of(http::Request const& request) {
  auto const text = http::find_header(request.headers, kLifetimeHeader);
  if (!text) return std::nullopt;
  std::int64_t seconds = 0;
  auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  if (seconds < kMinTokenSeconds || seconds > kMaxTokenSeconds) return std::nullopt;
  return seconds;
}

/// Whoever comes through a proxy gets none: an open one in the machine must not hand it to the world.
http::Response give_token(Facts const& facts, crypto::Key const& token_key, Time now,
                          http::Request const& request) {
  if (http::find_header(request.headers, "X-Forwarded-For")) return refuse(403);
  auto const seconds = lifetime_of(request);
  if (!seconds) return refuse(400);
  auto response =
      answer(make_token(token_key, facts.instance_id, now + std::chrono::seconds(*seconds)), "text/plain");
  response.headers.emplace_back(kLifetimeHeader, std::to_string(*seconds));
  return response;
}

}  // namespace

http::Response refuse(int status) {
  auto const title = std::to_string(status) + " - " + std::string(reason_of(status));
  auto response = answer(
      "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n <head>\n  <title>" +
          title + "</title>\n </head>\n <body>\n  <h1>" + title + "</h1>\n </body>\n</html>\n",
      "text/html");
  response.status = status;
  return response;
}

http::Response respond(Facts const& facts, crypto::Key const& token_key, Time now,
                       http::Request const& request) {
  if (!facts.enabled) return refuse(403);
  if (request.path == kTokenPath)
    return request.method == "PUT" ? give_token(facts, token_key, now, request) : not_allowed("PUT");
  if (request.method != "GET" && request.method != "HEAD") return not_allowed("GET, HEAD");
  auto const token = http::find_header(request.headers, kTokenHeader);
  bool const allowed =
      token ? is_valid_token(token_key, facts.instance_id, *token, now) : !facts.tokens_required;
  if (!allowed) return refuse(401);
  auto const found = look_up(facts, request.path);
  return found ? answer(found->text, found->content_type) : refuse(404);
}

}  // namespace argosy::metadata
