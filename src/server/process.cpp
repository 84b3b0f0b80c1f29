// server/process.cpp - see process.h.
#include "server/process.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "api/authenticate.h"
#include "api/front.h"
#include "base/log.h"
#include "server/health.h"
#include "wire/json.h"

namespace argosy::server {
namespace {

namespace r = messages::replication;

/// Requests under way get this long to end before the process does.
constexpr Duration kStopGrace{2'000};
/// The kernel needs a moment to clear away a process that was killed.
constexpr auto kLockWait = std::chrono::seconds(5);

http::Response refuse_peer(int status, std::string_view code, std::string_view message) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  r::Refusal refusal{std::string(code), std::string(message)};
  response.body = to_bytes(as_bytes(wire::encode_json(refusal, wire::Naming::snake)));
  return response;
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(Config const& config, Clock& clock, Entropy& entropy) {
  TRY(check(config));
  std::unique_ptr<Process> process(new Process(config, clock, entropy));
  process->directory_ =
      TRY(open_directory(config.data_directory, config.root_key_file, Missing::create, entropy));
  TRY(process->lock_data_directory());
  if (config.dev) TRY(create_dev_accounts(process->directory_, config.data_directory, clock.now(), entropy));
  TRY(process->open_door());
  TRY(process->open_regions());
  TRY(process->serve_replication());
  TRY(process->connect_regions());
  TRY(process->serve_clients());
  process->door_.begin();
  return process;
}

Process::~Process() {
  door_.stop(kStopGrace);  // first: it asks all the others
  if (clients_) clients_->stop(kStopGrace);
  for (auto& region : regions_) region->ask_to_stop();
  for (auto& region : regions_) region->stop();  // their steps still find the endpoint for replication
  if (replication_) replication_->stop(Duration{0});
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
  return door_.open(config_.data_directory, config_.operations_listen);
}

Result<void> Process::open_regions() {
  for (auto const& name : config_.regions) {
    door_.starting("opening region " + name);
    regions_.push_back(TRY(Region::open(name, config_.data_directory + "/regions/" + name,
                                        directory_.root_key, clock_, entropy_)));
  }
  door_.starting("starting");
  return {};
}

/// Calls between regions have workers of their own: regions of one process cannot wait for each other in a
/// ring.
Result<void> Process::serve_replication() {
  Bytes secret(32);
  entropy_.fill(secret);
  replication_secret_ = to_hex(secret);
  http::ServerOptions options;
  options.listen = "127.0.0.1:0";
  replication_ = TRY(http::Server::start(
      options, [this](http::Request const& request) { return answer_peer(request); },
      [](int status, std::string_view) { return refuse_peer(status, "", ""); }));
  return {};
}

http::Response Process::answer_peer(http::Request const& request) {
  auto find = [&](std::string_view name) -> Result<std::optional<access::Credentials>> {
    for (auto const& region : regions_)
      if (region->name() == name)
        return access::Credentials{{"", std::string(name), "", ""}, replication_secret_};
    return std::nullopt;
  };
  auto signer = api::authenticate(request, clock_.now(), find);
  if (!signer || !*signer || (*signer)->service != r::kService || !(*signer)->payload_signed)
    return refuse_peer(403, "AccessDenied", "Not signed by a region that is known here");
  for (auto& region : regions_)
    if (region->name() == (*signer)->region)
      return peer::handle(region->answering(), (*signer)->caller.access_key_id, request);
  return refuse_peer(404, "InvalidRegion", "There is no such region here");
}

Result<void> Process::connect_regions() {
  http::Endpoint const endpoint{false, "127.0.0.1", replication_->port(), {}};
  for (auto& destination : regions_) {
    for (auto const& source : regions_)
      destination->sources().add(std::make_unique<replication::Source>(
          source->name(), remote::open_http(endpoint, {}),
          remote::Credentials{destination->name(), replication_secret_, {}}, clock_));
    TRY(destination->start());
  }
  return {};
}

Result<void> Process::serve_clients() {
  service_ = std::unique_ptr<api::Service>(new api::Service{
      {}, *directory_.sessions, directory_.root_key, clock_, entropy_, config_.public_endpoint});
  for (auto& region : regions_)
    service_->regions.push_back({region->name(), region->catalogue(), region->content(), region->sources(),
                                 region->token_key(), region->gates(), [&region] { region->wake(); }});
  clients_ = TRY(http::Server::start(
      config_.endpoint, [this](http::Request const& request) { return api::handle(*service_, request); },
      [this](int status, std::string_view target) { return api::refuse(status, target, entropy_); }));
  return {};
}

}  // namespace argosy::server
