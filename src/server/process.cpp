// server/process.cpp - see process.h.
#include "server/process.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "api/authenticate.h"
#include "api/front.h"
#include "base/log.h"
#include "server/backup.h"
#include "server/health.h"
#include "server/metrics_page.h"
#include "server/root_key_commands.h"
#include "server/upkeep.h"

namespace argosy::server {
namespace {

/// Requests under way get this long to end before the process does.
constexpr Duration kStopGrace{2'000};
/// The kernel needs a moment to clear away a process that was killed.
constexpr auto kLockWait = std::chrono::seconds(5);

std::string disk_endpoint(Config const& config) { return "unix:" + config.data_directory + "/disks.sock"; }

}  // namespace

Result<std::unique_ptr<Process>> Process::start(Config config, Clock& clock, Entropy& entropy) {
  TRY(check(config));
  std::error_code error;
  // Machines and their disk servers have folders of their own.
  auto absolute = std::filesystem::absolute(config.data_directory, error);
  if (error) return fail(Fault::unavailable, config.data_directory + ": " + error.message());
  config.data_directory = absolute.string();
  std::unique_ptr<Process> process(new Process(config, clock, entropy));
  TRY(process->lock_data_directory());
  process->directory_ = TRY(open_directory(config.data_directory, config.root_key, clock.now(), entropy));
  if (config.dev) TRY(create_dev_accounts(process->directory_, clock.now(), entropy));
  TRY(process->open_door());
  TRY(process->open_regions());
  process->peers_ =
      TRY(Peers::start(process->config_, process->regions_, *process->directory_.sessions, entropy));
  TRY(process->serve_disks());
  TRY(process->start_regions());
  TRY(process->serve_clients());
  process->key_rotation_ = std::make_unique<Background>(
      "key rotation", clock, WaitsFor::nobody, [&rotation = process->rotation_] { return rotation.step(); });
  process->door_.begin();
  return process;
}

/// Clients first, and what they have written: an operator's backup or scrub that still runs may take longer
/// than the process has left.
Process::~Process() {
  door_.not_ready("stopping");
  if (service_) service_->reads_end = std::chrono::steady_clock::now() + kStopGrace;
  if (clients_) clients_->stop(kStopGrace);
  for (auto& region : regions_) region->ask_to_stop();
  for (auto& region : regions_) region->settle();  // a step that waits for a peer may outlast the process
  for (auto& region : regions_) region->stop();    // their steps still find the endpoints for replication
  if (disks_) disks_->stop(kStopGrace);
  if (peers_) peers_->stop();
  door_.stop(kStopGrace);  // before what it asks is gone
  key_rotation_.reset();
  regions_.clear();
  if (lock_ >= 0) ::close(lock_);
}

std::string Process::url() const {
  auto address = http::parse_address(config_.endpoint.listen);
  http::Endpoint endpoint{config_.endpoint.tls.has_value(), address->host, clients_->port(), {}};
  return std::string(endpoint.tls ? "https://" : "http://") + endpoint.authority();
}

/// Held by the open file until the process ends, however it ends.
Result<void> Process::lock_data_directory() {
  std::error_code error;
  std::filesystem::create_directories(config_.data_directory, error);
  if (error) return fail(Fault::unavailable, config_.data_directory + ": " + error.message());
  auto const path = config_.data_directory + "/lock";
  lock_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0) return fail(Fault::unavailable, path + ": " + std::strerror(errno));
  auto const until = std::chrono::steady_clock::now() + kLockWait;
  while (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > until)
      return fail(Fault::conflict, config_.data_directory + " is in use by another argosyd");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

/// Early, so that whoever watches sees a long recovery as a server that lives and is not ready yet.
Result<void> Process::open_door() {
  using enum OperatorDoor::Openness;
  door_.add("GET", "/health/ready", anyone, [this](http::Request const&) {
    return answer_ready(regions_, config_.data_directory, config_.free_disk_floor_bytes);
  });
  add_upkeep_routes(door_, regions_);
  add_backup_route(door_, {config_.data_directory, *directory_.sessions, rotation_, key_changes_, regions_});
  add_root_key_routes(door_, rotation_, [this] { key_rotation_->wake(); });
  door_.add("GET", "/metrics", anyone, [this](http::Request const&) {
    auto endpoints = peers_->endpoints();
    endpoints.emplace_back("public", *clients_);
    endpoints.emplace_back("disks", *disks_);
    return answer_metrics({regions_, std::move(endpoints), requests_, config_.data_directory,
                           config_.free_disk_floor_bytes, started_});
  });
  return door_.open(config_.data_directory, config_.operations_listen);
}

Result<void> Process::open_regions() {
  for (auto const& name : config_.regions) {
    door_.not_ready("opening region " + name);
    regions_.push_back(TRY(Region::open(
        name, region_folder(config_.data_directory, name), config_.region, *directory_.master_keys,
        [this](std::string const& account) { return root_of(directory_, account); }, clock_, entropy_)));
  }
  door_.not_ready("starting");
  return {};
}

Result<void> Process::start_regions() {
  peers_->connect();
  auto catalogues = [this](std::string_view name) -> sql::Pool* {
    for (auto& region : regions_)
      if (region->name() == name) return &region->catalogue();
    return nullptr;
  };
  for (auto& region : regions_) TRY(region->compare_keys(catalogues));
  for (auto& region : regions_) TRY(region->start(catalogues, key_changes_, disk_endpoint(config_)));
  return {};
}

/// A door of its own for the disk servers of this host's machines: a local socket, so that nobody else can
/// stand in for it while this process is away, and open before the first machine is looked after. It answers
/// reads of blocks alone.
Result<void> Process::serve_disks() {
  make_service();
  http::ServerOptions options;
  options.listen = disk_endpoint(config_);
  options.plain_anywhere = true;
  options.share_of = api::claimed_access_key;
  options.connection_limit = config_.inner_connection_limit;
  disks_ = TRY(http::Server::start(
      options,
      [this](http::Request const& request) {
        bool const reads = request.method == "GET" && request.path.starts_with("/snapshots/");
        return reads ? api::handle(*service_, request) : api::refuse(404, request.path, entropy_);
      },
      [this](int status, std::string_view target) { return api::refuse(status, target, entropy_); }));
  return {};
}

void Process::make_service() {
  service_ = std::unique_ptr<api::Service>(new api::Service{{},
                                                            {},
                                                            *directory_.sessions,
                                                            *directory_.master_keys,
                                                            clock_,
                                                            entropy_,
                                                            config_.public_endpoint,
                                                            config_.account_limits,
                                                            config_.region.machines.limit,
                                                            requests_,
                                                            key_changes_});
  api::declare_operations(requests_);
  for (auto& region : regions_)
    service_->regions.push_back({region->name(), region->catalogue(), region->content(), region->sources(),
                                 region->token_key(), region->keys(), region->gates(), region->ledger(),
                                 region->machines().launcher(), region->machines().captures(),
                                 [&region] { region->wake(); }});
  for (auto const& peer : config_.peers)
    for (auto const& region : peer.regions) service_->elsewhere.push_back({region, peer.public_endpoint});
}

Result<void> Process::serve_clients() {
  config_.endpoint.share_of = api::claimed_access_key;
  clients_ = TRY(http::Server::start(
      config_.endpoint, [this](http::Request const& request) { return api::handle(*service_, request); },
      [this](int status, std::string_view target) { return api::refuse(status, target, entropy_); }));
  return {};
}

}  // namespace argosy::server
