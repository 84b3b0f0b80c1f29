// server/process.h - argosyd while it serves: its regions, the public endpoint and those for replication.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "api/service.h"
#include "http/server.h"
#include "keystore/key_changes.h"
#include "server/config.h"
#include "server/directory.h"
#include "server/key_rotation.h"
#include "server/operator.h"
#include "server/peers.h"
#include "server/region.h"

namespace argosy::server {

class Process {
 public:
  /// Accepts requests on return. Fails with `conflict` if another process has the data directory.
  static Result<std::unique_ptr<Process>> start(Config config, Clock& clock, Entropy& entropy);
  ~Process();

  /// "http://127.0.0.1:8080"
  std::string url() const;

 private:
  Process(Config config, Clock& clock, Entropy& entropy)
      : config_(std::move(config)), clock_(clock), entropy_(entropy) {
    config_.region.machines = with_defaults(config_.region.machines);
  }
  Result<void> lock_data_directory();
  Result<void> open_door();
  Result<void> open_regions();
  void make_service();
  Result<void> serve_disks();
  Result<void> start_regions();
  Result<void> serve_clients();

  Config config_;
  Clock& clock_;
  Entropy& entropy_;
  Time const started_ = clock_.now();
  int lock_ = -1;
  Directory directory_;
  KeyRotation rotation_{directory_, clock_, entropy_};
  keystore::KeyChanges key_changes_;
  std::vector<std::unique_ptr<Region>> regions_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<api::Service> service_;
  std::unique_ptr<http::Server> disks_;
  std::unique_ptr<http::Server> clients_;
  std::unique_ptr<Background> key_rotation_;
  metrics::Requests requests_;
  OperatorDoor door_;
};

}  // namespace argosy::server
