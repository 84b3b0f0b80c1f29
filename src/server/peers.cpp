// server/peers.cpp - see peers.h.
#include "server/peers.h"

#include <algorithm>

#include "base/log.h"
#include "catalogue/accounts.h"
#include "crypto/crypto.h"
#include "sql/in_transaction.h"
#include "wire/json.h"

namespace argosy::server {
namespace {

namespace r = messages::replication;

/// Of all peers together: one that asks and does not read holds an answer of at most 10 MiB for each.
constexpr std::size_t kConnections = 64;
/// A call that takes longer is given up, however alive it seems: nobody holds a worker of ours for good.
constexpr Duration kLongestCall = std::chrono::minutes(15);

http::Response refuse(int status, std::string_view code, std::string_view message) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  r::Refusal refusal{std::string(code), std::string(message)};
  response.body = to_bytes(as_bytes(wire::encode_json(refusal, wire::Naming::snake)));
  return response;
}

http::Response refuse_unread(int status, std::string_view) { return refuse(status, "", ""); }

std::string_view header(http::Request const& request, std::string_view name) {
  return http::find_header(request.headers, name).value_or("");
}

std::string joined(std::vector<std::string> const& texts) {
  std::string out;
  for (auto const& text : texts) (out += out.empty() ? "" : ", ") += text;
  return out;
}

}  // namespace

Result<std::unique_ptr<Peers>> Peers::start(Config const& config,
                                            std::vector<std::unique_ptr<Region>> const& regions,
                                            sql::Pool& accounts, Entropy& entropy) {
  std::unique_ptr<Peers> peers(new Peers(config, regions, accounts));
  Bytes secret(32);
  entropy.fill(secret);
  peers->secret_ = to_hex(secret);
  TRY(peers->listen_for_own());
  if (config.replication) TRY(peers->listen_for_others());
  return peers;
}

/// Calls between regions have workers of their own: regions of one process cannot wait for each other in a
/// ring.
Result<void> Peers::listen_for_own() {
  http::ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.connection_limit = config_.inner_connection_limit;
  own_ = TRY(http::Server::start(
      options, [this](http::Request const& request) { return answer_own(request); }, refuse_unread));
  return {};
}

Result<void> Peers::listen_for_others() {
  http::ServerOptions options;
  options.listen = config_.replication->listen;
  options.tls = config_.replication->tls;
  options.connection_limit = kConnections;
  others_ = TRY(http::Server::start(
      options, [this](http::Request const& request) { return answer_other(request); }, refuse_unread));
  log_info("peers are answered on {}, port {}", options.listen, others_->port());
  return {};
}

void Peers::stop() {
  if (others_) others_->stop(Duration{0});
  own_->stop(Duration{0});
}

std::vector<std::pair<std::string_view, http::Server const&>> Peers::endpoints() const {
  std::vector<std::pair<std::string_view, http::Server const&>> out;
  out.emplace_back("replication", *own_);
  if (others_) out.emplace_back("peers", *others_);
  return out;
}

Region* Peers::find_region(std::string_view name) const {
  auto found = std::ranges::find(regions_, name, [](auto const& region) { return region->name(); });
  return found == regions_.end() ? nullptr : found->get();
}

http::Response Peers::answer_own(http::Request const& request) {
  auto const said = header(request, r::kSecretHeader);
  auto* destination = find_region(header(request, r::kDestinationHeader));
  if (!crypto::equal_in_constant_time(as_bytes(said), as_bytes(secret_)) || destination == nullptr)
    return refuse(403, "AccessDenied", "Not a region of this process");
  auto* source = find_region(header(request, r::kSourceHeader));
  if (source == nullptr) return refuse(404, "InvalidRegion", "There is no such region here");
  return peer::handle(source->answering(), {destination->name(), {}, {true, {}}, true}, request);
}

http::Response Peers::answer_other(http::Request const& request) {
  auto const& names = request.peer_names;
  auto const line = std::ranges::find_if(config_.peers, [&](PeerConfig const& peer) {
    return std::ranges::find(names, peer.certificate_name) != names.end();
  });
  auto const region = header(request, r::kDestinationHeader);
  bool const known = line != config_.peers.end();
  peer::Peer asker{std::string(region), known ? line->name : joined(names),
                   known ? line->accounts : access::AccountList(), known && line->receives_keys};
  auto* source = find_region(header(request, r::kSourceHeader));
  if (!known || std::ranges::find(line->regions, region) == line->regions.end()) {
    if (source != nullptr) peer::record_refusal(source->answering(), asker, {}, "AccessDenied");
    log_warning("{} with a certificate of '{}' asked as region '{}', which is not its own: refused",
                request.peer_address, joined(names), region.substr(0, 64));
    return refuse(403, "AccessDenied", "This certificate may not ask as that region");
  }
  if (source == nullptr) return refuse(404, "InvalidRegion", "There is no such region here");
  // Who is disabled here may do nothing here, in whoever's words.
  auto disabled = sql::in_transaction(accounts_, sql::Access::read, catalogue::list_disabled_accounts);
  if (!disabled) {
    log_error("replication: {}", disabled.error().message);
    return refuse(503, "", "The source region failed");
  }
  asker.accounts.except = *std::move(disabled);
  return peer::handle(source->answering(), asker, request);
}

void Peers::connect() {
  for (auto const& destination : regions_) {
    http::Endpoint const loopback{false, "127.0.0.1", own_->port(), {}, {}};
    for (auto const& source : regions_)
      destination->sources().add(std::make_unique<replication::Source>(
          source->name(), destination->name(), remote::open_http(loopback, {}), secret_));
    for (auto const& peer : config_.peers) {
      auto const address = http::parse_address(peer.endpoint);
      http::ClientOptions options;
      options.connect_timeout = std::min(options.connect_timeout, config_.replication->timeout);
      options.io_timeout = config_.replication->timeout;
      options.call_timeout = kLongestCall;
      options.tls = config_.replication->tls;
      options.server_name = peer.certificate_name;
      for (auto const& region : peer.regions)
        destination->sources().add(std::make_unique<replication::Source>(
            region, destination->name(),
            remote::open_http({true, address->host, address->port, {}, {}}, options), std::nullopt));
    }
  }
}

}  // namespace argosy::server
