// server/operator.h - the operators' door: what a local socket that only they can open answers, and how
// argosyd's own commands ask it.
#pragma once
#include <atomic>
#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/server.h"

namespace argosy::server {

/// Where the door of a data directory is.
std::string operator_socket(std::string const& data_directory);

/// 200 and a JSON value.
http::Response json_response(boost::json::value const& value);
/// {"error": message} with the status of its kind; `ask_operator` makes an Error of it.
http::Response error_response(Error const& error);

/// A table of routes, the same for the socket and for the address of health and metrics. Any thread.
class OperatorDoor {
 public:
  /// Runs on a worker thread. A request's path is the route's; its query, which is a form (wire/form.h), and
  /// its body are the handler's to read. The answer is JSON, or a streamed body with a line of JSON for each
  /// step of progress.
  using Handler = std::function<http::Response(http::Request const&)>;
  /// Whether a route is also answered where no secret may stand and nothing may be changed.
  enum class Openness { owner_only, anyone };

  OperatorDoor();
  ~OperatorDoor();
  OperatorDoor(OperatorDoor const&) = delete;
  OperatorDoor& operator=(OperatorDoor const&) = delete;

  /// Before `open`.
  void add(std::string method, std::string path, Openness openness, Handler handler);
  /// Listens on the socket of the data directory (made anew, mode 0600) and, unless it is empty, on the
  /// address `anyone` for the routes that are open to anyone. Until `begin` everything but /health/live
  /// answers 503.
  Result<void> open(std::string const& data_directory, std::string const& anyone);
  /// From now on everything but /health/live answers 503, and why: "opening region us-east-1". What is under
  /// way goes on.
  void not_ready(std::string why);
  void begin();
  void stop(Duration grace);
  /// Of the second listener; 0 without one.
  std::uint16_t port() const;

  http::Response handle(http::Request const& request, Openness openness) const;

 private:
  struct Route {
    std::string method;
    std::string path;
    Openness openness;
    Handler handler;
  };
  std::vector<Route> routes_;
  mutable std::mutex mutex_;  // guards not_ready_
  std::string not_ready_ = "starting";
  std::unique_ptr<http::Server> owner_;
  std::unique_ptr<http::Server> anyone_;
};

/// Asks the server that runs on `data_directory`. A body of status 200 goes to `sink`, if one is given, as it
/// arrives. Fails with `unavailable` if no server runs there, else with what the server said.
Result<http::Response> ask_operator(std::string const& data_directory, http::Request request,
                                    http::BodySink const& sink = {});
/// A whole answer's object, or that of one line. Fails with `corrupt`.
Result<boost::json::object> parse_answer(std::string_view text);

}  // namespace argosy::server
