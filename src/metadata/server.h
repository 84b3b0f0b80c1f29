// metadata/server.h - the metadata service of machines: one local socket for each, so that who asks is
// certain.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "http/server.h"
#include "metadata/facts.h"

namespace argosy::metadata {

class Server {
 public:
  /// Asked for each request, on a thread of the service. Nothing: there is no such instance any more.
  using FindFacts = std::function<Result<std::optional<Facts>>(std::string const& instance_id)>;

  /// Tokens that were given out are valid as long as `token_key` is the same.
  Server(crypto::Key const& token_key, Clock& clock, FindFacts find_facts);
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  /// Listens on return, on a socket that is made anew, with mode 0600; if it does so already, nothing
  /// happens. Any thread.
  Result<void> add(std::string const& instance_id, std::string const& socket_path);
  /// Closes the connections and removes the socket. Any thread.
  void remove(std::string const& instance_id);

 private:
  http::Response answer(std::string const& instance_id, http::Request const& request) const;

  crypto::Key const token_key_;
  Clock& clock_;
  FindFacts const find_facts_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, std::unique_ptr<http::Server>> servers_;
};

}  // namespace argosy::metadata
