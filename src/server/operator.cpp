// server/operator.cpp - see operator.h.
#include "server/operator.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "http/status.h"
#include "wire/form.h"
#include "wire/json_text.h"

namespace argosy::server {
namespace {

/// Few people and one or two programs that look at metrics: nobody waits long, and little is held for them.
constexpr std::size_t kWorkers = 4;
constexpr std::size_t kConnections = 64;
/// A command may wait long for the next line (a step of a collection or of a backup takes minutes), and for
/// as many lines as there are: a scrub reads all that is stored.
http::ClientOptions patient() {
  http::ClientOptions options;
  options.io_timeout = std::chrono::hours(1);
  options.call_timeout = std::nullopt;
  return options;
}

http::Response respond(int status, boost::json::value const& value) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = to_bytes(as_bytes(boost::json::serialize(value) + "\n"));
  return response;
}

/// A message may repeat what was asked, which is any bytes.
http::Response refuse(int status, std::string_view why) {
  return respond(status, boost::json::object{{"error", to_utf8(why)}});
}

/// What the server said of an error, or of what it is not yet.
std::string message_of(http::Response const& response) {
  if (auto answer = parse_answer(as_text(response.body)))
    if (auto const* text = answer->if_contains("error"); text != nullptr && text->is_string())
      return std::string(text->get_string());
  return "the server answered " + std::to_string(response.status);
}

Result<std::unique_ptr<http::Server>> listen(OperatorDoor& door, std::string const& where,
                                             OperatorDoor::Openness openness) {
  http::ServerOptions options;
  options.listen = where;
  options.plain_anywhere = true;
  options.io_threads = 1;
  options.workers = kWorkers;
  options.connection_limit = kConnections;
  return http::Server::start(
      options, [&door, openness](http::Request const& request) { return door.handle(request, openness); },
      [](int status, std::string_view) { return refuse(status, "the request cannot be taken"); });
}

}  // namespace

std::string operator_socket(std::string const& data_directory) { return data_directory + "/operator.sock"; }

http::Response json_response(boost::json::value const& value) { return respond(200, value); }

http::Response error_response(Error const& error) {
  return refuse(http::status_of(error.fault), error.message);
}

OperatorDoor::OperatorDoor() {
  add("GET", "/health/live", Openness::anyone, [](http::Request const&) {
    return json_response(boost::json::object{{"live", true}});
  });
}

OperatorDoor::~OperatorDoor() { stop(Duration{0}); }

void OperatorDoor::add(std::string method, std::string path, Openness openness, Handler handler) {
  routes_.push_back({std::move(method), std::move(path), openness, std::move(handler)});
}

Result<void> OperatorDoor::open(std::string const& data_directory, std::string const& anyone) {
  owner_ = TRY(listen(*this, "unix:" + operator_socket(data_directory), Openness::owner_only));
  if (!anyone.empty()) anyone_ = TRY(listen(*this, anyone, Openness::anyone));
  return {};
}

void OperatorDoor::not_ready(std::string why) {
  std::lock_guard lock(mutex_);
  not_ready_ = std::move(why);
}

void OperatorDoor::begin() { not_ready({}); }

void OperatorDoor::stop(Duration grace) {
  for (auto* server : {&owner_, &anyone_}) {
    if (*server) (*server)->stop(grace);
    server->reset();
  }
}

std::uint16_t OperatorDoor::port() const { return anyone_ ? anyone_->port() : std::uint16_t{0}; }

http::Response OperatorDoor::handle(http::Request const& request, Openness openness) const {
  auto allowed = [&](Route const& route) {
    return route.path == request.path &&
           (openness == Openness::owner_only || route.openness == Openness::anyone);
  };
  auto const at_path = std::ranges::find_if(routes_, allowed);
  if (at_path == routes_.end()) return error_response({Fault::not_found, {}, "there is no " + request.path});
  auto const route = std::ranges::find_if(routes_, [&](Route const& candidate) {
    auto const& method = candidate.method;
    return allowed(candidate) && (method == request.method || (method == "GET" && request.method == "HEAD"));
  });
  if (route == routes_.end()) return refuse(405, request.path + " does not take " + request.method);
  if (auto query = wire::parse_form(request.query); !query) return error_response(query.error());
  {
    std::lock_guard lock(mutex_);
    if (!not_ready_.empty() && request.path != "/health/live") return refuse(503, not_ready_);
  }
  return route->handler(request);
}

Result<http::Response> ask_operator(std::string const& data_directory, http::Request request,
                                    http::BodySink const& sink) {
  http::Endpoint endpoint;
  endpoint.local_socket = operator_socket(data_directory);
  std::error_code error;
  if (!std::filesystem::exists(endpoint.local_socket, error))
    return fail(Fault::unavailable, "no argosyd runs on " + data_directory);
  http::Client client(endpoint, patient());
  request.headers.emplace_back("Host", "localhost");
  auto response = sink ? client.send(request, sink) : client.send(request);
  if (!response)
    return fail(response.error().fault, response.error().message + " (does argosyd run on " + data_directory +
                                            ", and is this its owner or root?)");
  if (response->status / 100 == 2) return response;
  return fail(http::fault_of(response->status), message_of(*response));
}

Result<boost::json::object> parse_answer(std::string_view text) {
  auto value = wire::parse_json(text, {.values = text.size()});  // lists of whatever there is
  if (!value || !value->is_object()) return fail(Fault::corrupt, "the server answered no JSON");
  return std::move(value->get_object());
}

}  // namespace argosy::server
