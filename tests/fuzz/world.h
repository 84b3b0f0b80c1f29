// tests/fuzz/world.h - two regions in memory with an image to work on, reached through the front as clients
// reach it.
#pragma once
#include <pugixml.hpp>

#include "api/front.h"
#include "catalogue/accounts.h"
#include "crypto/sigv4.h"
#include "fuzz/request_text.h"
#include "peer/peer.h"
#include "remote/sign.h"
#include "support/machines.h"
#include "support/wire.h"
#include "wire/json.h"

namespace argosy::fuzz {

/// Hands a call of one region to the answering side of another.
class Loopback final : public remote::Transport {
 public:
  explicit Loopback(peer::Source& source) : source_(source) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override {
    return peer::handle(source_, tests::kWest, request);
  }

 private:
  peer::Source& source_;
  http::Endpoint endpoint_{false, "source", 1, {}};
};

/// The owner has an image of one snapshot in us-east-1, and an upload under way in both regions.
class World {
 public:
  World() {
    add_account(tests::kOwner);
    add_account(tests::kStranger);
    snapshot = east.make_snapshot(tests::kOwner.account, {{0, tests::block(1)}, {300, tests::block(2)}});
    image = east.make_image(tests::kOwner.account, "base image", snapshot.id);
    sources.add(std::make_unique<replication::Source>("us-east-1", "us-west-2",
                                                      std::make_unique<Loopback>(answering), std::nullopt));
    for (auto [region, machines] : {std::pair(&east, &east_machines_), {&west, &west_machines_}})
      service.regions.push_back({region->name, region->catalogue, *region->content, sources, token_key_,
                                 region->keys, machines->gates, machines->ledger, machines->launcher,
                                 machines->captures, [] {}});
    auto started = call("POST /snapshots\n\n{\"VolumeSize\":1}", "ebs");
    auto body = boost::json::parse(as_text(started.body));
    upload = std::string(body.at("SnapshotId").as_string());
  }

  /// Signs what `text` says (request_text.h) as the owner or, with `stranger`, as someone else, and runs it.
  http::Response call(std::string const& text, std::string const& service_name, bool stranger = false,
                      std::string const& region = "us-east-1") {
    Input input(as_bytes(text));
    auto request = read_request(input);
    std::erase_if(request.headers, [](auto const& header) { return is_signed_by_us(header.first); });
    auto const& credentials = stranger ? stranger_credentials_ : owner_credentials_;
    remote::sign(request, {false, "127.0.0.1", 8080, {}}, credentials, {region, service_name},
                 remote::Payload::hashed, east.clock.now());
    return api::handle(service, request);
  }

  /// Replaces what an input cannot know: $I the image, $S its snapshot, $U the upload, $T a token of block 0.
  std::string expand(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      char const next = text[i] == '$' && i + 1 < text.size() ? text[i + 1] : '\0';
      if (next == 'I') out += image.id;
      if (next == 'S') out += snapshot.id;
      if (next == 'U') out += upload;
      if (next == 'T') out += block_token();
      if (next != '\0' && std::string_view("ISUT").contains(next)) {
        ++i;
      } else {
        out.push_back(text[i]);
      }
    }
    return out;
  }

  /// How many rows the tables have that calls change, for a look at whether one did.
  std::string summary() {
    std::string out;
    for (auto* region : {&east, &west}) {
      auto session = region->catalogue.take();
      for (auto const* table : {"images", "snapshots", "permissions", "tags", "copies", "leases", "instances",
                                "volumes", "key_pairs"}) {
        auto rows = (*session)->query("SELECT count(*) FROM " + std::string(table));
        ARGOSY_ASSERT(rows && (*rows)->next());
        out += std::to_string((*rows)->integer(0)) + " ";
      }
    }
    return out;
  }

  metrics::Requests requests;
  keystore::KeyChanges key_changes;
  tests::Region east{"us-east-1"};
  tests::Region west{"us-west-2"};
  peer::Source answering = tests::answering_for(east);
  replication::Sources sources;
  sql::Pool directory{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
  api::Service service{{},
                       {},
                       directory,
                       east.master_keys,
                       east.clock,
                       *east.entropy,
                       "127.0.0.1:8080",
                       limits(),
                       {100, 100, 100'000},
                       requests,
                       key_changes};
  images::Snapshot snapshot;
  images::Image image;
  std::string upload;

 private:
  static bool is_signed_by_us(std::string_view name) {
    for (auto const* ours : {"authorization", "host", "x-amz-date", "x-amz-content-sha256"})
      if (http::find_header({{std::string(name), {}}}, ours)) return true;
    return false;
  }

  void add_account(access::Caller const& caller) {
    auto session = directory.take();
    ARGOSY_ASSERT(catalogue::create_directory_schema(**session));
    auto tx = catalogue::Transaction::begin(**session, sql::Access::write);
    auto const now = east.clock.now();
    ARGOSY_ASSERT(
        catalogue::create_account(*tx, "account " + caller.account, caller.account, now, *east.entropy));
    auto key = catalogue::create_access_key(*tx, east.master_keys, caller.account, now, *east.entropy);
    ARGOSY_ASSERT(key && tx->commit());
    auto& credentials = caller.account == tests::kOwner.account ? owner_credentials_ : stranger_credentials_;
    credentials = {key->key.id, key->secret_access_key, {}};
  }

  std::string block_token() {
    auto listed = call("GET /snapshots/" + snapshot.id + "/blocks\n\n", "ebs");
    auto body = boost::json::parse(as_text(listed.body));
    auto const& token = body.at("Blocks").at(0).at("BlockToken").as_string();
    return crypto::percent_encode(std::string(token), false);
  }

  crypto::Key token_key_ = crypto::Key::random(*east.entropy);
  /// The clock stands still: no bucket of requests would be filled again.
  static access::AccountLimits limits() {
    access::AccountLimits limits;
    limits.requests_burst = std::numeric_limits<std::int64_t>::max();
    return limits;
  }

  tests::Machines east_machines_{east};
  tests::Machines west_machines_{west};
  remote::Credentials owner_credentials_;
  remote::Credentials stranger_credentials_;
};

/// The whole body, also of an answer that is made while it is sent.
inline std::string body_of(http::Response const& response) {
  std::string body(as_text(response.body));
  while (response.stream) {
    auto piece = response.stream();
    ARGOSY_ASSERT(piece);
    if (piece->empty()) break;
    body += as_text(*piece);
  }
  return body;
}

/// The calls of an input, one after the other: parts between lines "---", at most eight.
inline std::vector<std::string_view> split_calls(std::string_view text) {
  constexpr std::string_view separator = "\n---\n";
  std::vector<std::string_view> calls;
  while (!text.empty() && calls.size() < 8) {
    auto end = text.find(separator);
    calls.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + separator.size());
  }
  return calls;
}

/// What every answer of the front must be: whole, never 500, and without a trace if it is a refusal.
/// Returns the body.
inline std::string check_call(World& world, std::string const& text, std::string const& service,
                              bool stranger, std::string const& region) {
  auto const before = world.summary();
  auto response = world.call(text, service, stranger, region);
  auto body = body_of(response);
  ARGOSY_ASSERT(response.status >= 200 && response.status < 500);
  if (response.status >= 300) ARGOSY_ASSERT(world.summary() == before);
  for (auto const& [name, value] : response.headers)
    ARGOSY_ASSERT((name + value).find_first_of("\r\n") == std::string::npos);
  return body;
}

/// A world that nothing was changed in.
inline std::unique_ptr<World>& fresh_world() {
  static std::unique_ptr<World> world;
  static std::string summary;
  if (!world || world->summary() != summary) {
    world = std::make_unique<World>();
    summary = world->summary();
  }
  return world;
}

}  // namespace argosy::fuzz
