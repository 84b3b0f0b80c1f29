// metadata/server.cpp - see server.h.
#include "metadata/server.h"

#include "base/log.h"
#include "metadata/respond.h"

namespace argosy::metadata {
namespace {

/// A machine asks little, and may be anybody's: what it can make the host hold is small.
http::ServerOptions options_for(std::string const& socket_path) {
  http::ServerOptions options;
  options.listen = "unix:" + socket_path;
  options.io_threads = 1;
  options.workers = 2;
  options.queue_limit = 64;
  options.connection_limit = 32;
  options.header_limit_bytes = 16'384;
  options.body_limit_bytes = 1'024;
  options.body_budget_bytes = 16'384;
  options.header_timeout = Duration{10'000};
  options.body_timeout = Duration{10'000};
  options.write_timeout = Duration{10'000};
  return options;
}

}  // namespace

Server::Server(crypto::Key const& token_key, Clock& clock, FindFacts find_facts)
    : token_key_(token_key), clock_(clock), find_facts_(std::move(find_facts)) {}

Result<void> Server::add(std::string const& instance_id, std::string const& socket_path) {
  std::lock_guard lock(mutex_);
  if (servers_.contains(instance_id)) return {};
  servers_[instance_id] = TRY(http::Server::start(
      options_for(socket_path),
      [this, instance_id](http::Request const& request) { return answer(instance_id, request); },
      [](int status, std::string_view) { return refuse(status); }));
  return {};
}

void Server::remove(std::string const& instance_id) {
  std::unique_ptr<http::Server> gone;  // ends when the lock is released: its requests may take a while
  std::lock_guard lock(mutex_);
  auto const found = servers_.find(instance_id);
  if (found == servers_.end()) return;
  gone = std::move(found->second);
  servers_.erase(found);
}

http::Response Server::answer(std::string const& instance_id, http::Request const& request) const {
  auto const facts = find_facts_(instance_id);
  if (!facts) {
    log_warning("the metadata of {} cannot be told now: {}", instance_id, facts.error().message);
    return refuse(503);
  }
  return *facts ? respond(**facts, token_key_, clock_.now(), request) : refuse(404);
}

}  // namespace argosy::metadata
