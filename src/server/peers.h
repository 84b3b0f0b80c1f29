// server/peers.h - replication as this process takes part in it: who may ask its regions, and where they ask.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "http/server.h"
#include "server/config.h"
#include "server/region.h"

namespace argosy::server {

/// Two doors to one protocol: a loopback endpoint for the regions of this process among themselves, opened by
/// a secret of this run, and an endpoint with mutual TLS for other processes, opened by the certificate of a
/// configured peer.
class Peers {
 public:
  /// Listens on return. `config`, `regions` and `accounts`, the directory, outlive it.
  static Result<std::unique_ptr<Peers>> start(Config const& config,
                                              std::vector<std::unique_ptr<Region>> const& regions,
                                              sql::Pool& accounts, Entropy& entropy);
  /// Gives every region of this process the regions that it can copy from.
  void connect();
  void stop();
  /// "replication" for the regions of this process among themselves and "peers" for others, if there are any:
  /// for metrics.
  std::vector<std::pair<std::string_view, http::Server const&>> endpoints() const;

 private:
  Peers(Config const& config, std::vector<std::unique_ptr<Region>> const& regions, sql::Pool& accounts)
      : config_(config), regions_(regions), accounts_(accounts) {}
  Result<void> listen_for_own();
  Result<void> listen_for_others();
  http::Response answer_own(http::Request const& request);
  http::Response answer_other(http::Request const& request);
  Region* find_region(std::string_view name) const;

  Config const& config_;
  std::vector<std::unique_ptr<Region>> const& regions_;
  sql::Pool& accounts_;
  std::string secret_;
  std::unique_ptr<http::Server> own_;
  std::unique_ptr<http::Server> others_;
};

}  // namespace argosy::server
