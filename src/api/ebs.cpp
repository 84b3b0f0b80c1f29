// api/ebs.cpp - see ebs.h.
#include "api/ebs.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/operation.h"
#include "ebs/complete_snapshot.h"
#include "ebs/errors.h"
#include "ebs/put_snapshot_block.h"
#include "ebs/read_blocks.h"
#include "ebs/start_snapshot.h"
#include "wire/json.h"

namespace argosy::api {
namespace {

namespace m = messages::ebs;

constexpr std::string_view kPrefix = "/snapshots";
constexpr std::string_view kChecksumHeader = "x-amz-checksum";

/// /snapshots/a/b/c -> a, b, c
std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  path.remove_prefix(kPrefix.size());
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    auto end = path.find('/');
    out.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return out;
}

Result<std::int64_t> to_integer(std::string_view text, std::string_view name) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return ebs::invalid_parameter(std::string(name) + " must be an integer");
  return number;
}

/// What travels in the query or in headers: absent, or of the right type.
class Inputs {
 public:
  static Result<Inputs> read(http::Request const& request) {
    auto pairs = wire::parse_form(request.query);
    if (!pairs) return ebs::invalid_parameter(pairs.error().message);
    return Inputs(request, *std::move(pairs));
  }
  std::optional<std::string> header(std::string_view name) const {
    auto value = http::find_header(request_.headers, name);
    return value ? std::optional(std::string(*value)) : std::nullopt;
  }
  std::optional<std::string> query(std::string_view name) const {
    auto value = wire::find_pair(pairs_, name);
    return value ? std::optional(std::string(*value)) : std::nullopt;
  }
  template <class Integer>
  Result<std::optional<Integer>> integer(std::optional<std::string> const& text,
                                         std::string_view name) const {
    if (!text) return std::optional<Integer>();
    auto number = TRY(to_integer(*text, name));
    if (number < std::numeric_limits<Integer>::min() || number > std::numeric_limits<Integer>::max())
      return ebs::invalid_parameter(std::string(name) + " is out of range");
    return std::optional(static_cast<Integer>(number));
  }

 private:
  Inputs(http::Request const& request, wire::Pairs pairs) : request_(request), pairs_(std::move(pairs)) {}
  http::Request const& request_;
  wire::Pairs pairs_;
};

template <class Value>
Result<Value> required(Result<std::optional<Value>> value, std::string_view name) {
  auto given = TRY(std::move(value));
  if (!given) return ebs::invalid_parameter(std::string(name) + " is required");
  return *given;
}

template <class Response>
http::Response to_json(int status, Response const& response) {
  http::Response out;
  out.status = status;
  out.headers = {{"Content-Type", "application/json"}};
  out.body = to_bytes(as_bytes(wire::encode_json(response, wire::Naming::upper_camel)));
  return out;
}

/// What every operation of this file takes.
struct EbsCall {
  Service& service;
  Region& region;
  ebs::Reader const& reader;
  http::Request const& request;
  std::vector<std::string> path;
  Inputs inputs;
  Time now;
};

Result<http::Response> start(EbsCall const& call) {
  auto request =
      wire::decode_json<m::StartSnapshotRequest>(as_text(call.request.body), wire::Naming::upper_camel);
  if (!request) return ebs::invalid_parameter(request.error().message);
  auto response =
      TRY(run_transaction(call.region.catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
        return ebs::start_snapshot(tx, call.reader.caller, call.now, call.service.entropy, call.region.keys,
                                   call.service.master_keys, *request);
      }));
  return to_json(201, response);
}

Result<http::Response> put(EbsCall const& call) {
  auto const& in = call.inputs;
  m::PutSnapshotBlockRequest request;
  request.snapshot_id = call.path[0];
  request.block_index = TRY(to_integer(call.path[2], "blockIndex"));
  request.data_length = TRY(required(
      in.integer<std::int64_t>(in.header("x-amz-data-length"), "x-amz-Data-Length"), "x-amz-Data-Length"));
  request.checksum = in.header(kChecksumHeader).value_or("");
  request.checksum_algorithm = in.header("x-amz-checksum-algorithm").value_or("");
  request.progress = TRY(in.integer<std::int32_t>(in.header("x-amz-progress"), "x-amz-Progress"));
  auto response = TRY(ebs::put_snapshot_block(call.region.catalogue, call.region.content, call.region.gates,
                                              call.region.ledger, call.region.keys, call.service.master_keys,
                                              call.reader.caller, call.now, request, call.request.body));
  http::Response out;
  out.status = 201;
  out.headers = {{"Content-Type", "application/json"},
                 {"x-amz-Checksum", response.checksum},
                 {"x-amz-Checksum-Algorithm", response.checksum_algorithm}};
  out.body = to_bytes(as_bytes("{}"));
  return out;
}

Result<http::Response> complete(EbsCall const& call) {
  auto const& in = call.inputs;
  m::CompleteSnapshotRequest request;
  request.snapshot_id = call.path[1];
  request.changed_blocks_count = TRY(
      required(in.integer<std::int64_t>(in.header("x-amz-changedblockscount"), "x-amz-ChangedBlocksCount"),
               "x-amz-ChangedBlocksCount"));
  request.checksum = in.header(kChecksumHeader);
  request.checksum_algorithm = in.header("x-amz-checksum-algorithm");
  request.checksum_aggregation_method = in.header("x-amz-checksum-aggregation-method");
  auto response = TRY(ebs::complete_snapshot(call.region.catalogue, call.region.content, call.region.gates,
                                             call.region.keys, call.service.master_keys, call.reader.caller,
                                             call.now, request));
  call.region.wake();
  return to_json(202, response);
}

Result<http::Response> list(EbsCall const& call) {
  auto const& in = call.inputs;
  m::ListSnapshotBlocksRequest request;
  request.snapshot_id = call.path[0];
  request.page_token = in.query("pageToken");
  request.max_results = TRY(in.integer<std::int32_t>(in.query("maxResults"), "maxResults"));
  request.starting_block_index =
      TRY(in.integer<std::int64_t>(in.query("startingBlockIndex"), "startingBlockIndex"));
  return to_json(200,
                 TRY(ebs::list_snapshot_blocks(call.region.catalogue, call.region.content, call.region.keys,
                                               call.region.token_key, call.reader, call.now, request)));
}

Result<http::Response> list_changed(EbsCall const& call) {
  auto const& in = call.inputs;
  m::ListChangedBlocksRequest request;
  request.second_snapshot_id = call.path[0];
  request.first_snapshot_id = in.query("firstSnapshotId");
  request.page_token = in.query("pageToken");
  request.max_results = TRY(in.integer<std::int32_t>(in.query("maxResults"), "maxResults"));
  request.starting_block_index =
      TRY(in.integer<std::int64_t>(in.query("startingBlockIndex"), "startingBlockIndex"));
  return to_json(200,
                 TRY(ebs::list_changed_blocks(call.region.catalogue, call.region.content, call.region.keys,
                                              call.region.token_key, call.reader, call.now, request)));
}

Result<http::Response> get(EbsCall const& call) {
  m::GetSnapshotBlockRequest request;
  request.snapshot_id = call.path[0];
  request.block_index = TRY(to_integer(call.path[2], "blockIndex"));
  auto token = call.inputs.query("blockToken");
  if (!token) return ebs::invalid("INVALID_BLOCK_TOKEN", "blockToken is required");
  request.block_token = *token;
  auto response = TRY(ebs::get_snapshot_block(call.region.catalogue, call.region.content, call.region.keys,
                                              call.region.token_key, call.reader, call.now, request));
  http::Response out;
  out.headers = {{"Content-Type", "application/octet-stream"},
                 {"x-amz-Data-Length", std::to_string(response.data.size())},
                 {"x-amz-Checksum", response.checksum},
                 {"x-amz-Checksum-Algorithm", "SHA256"}};
  out.body = std::move(response.data);
  return out;
}

struct Route {
  std::string_view operation;
  std::string_view method;
  std::string_view path;  ///< behind /snapshots; '*' is any one part
  Result<http::Response> (*run)(EbsCall const&);
};
constexpr std::array<Route, 6> kRoutes{{{"StartSnapshot", "POST", "", start},
                                        {"PutSnapshotBlock", "PUT", "/*/blocks/*", put},
                                        {"CompleteSnapshot", "POST", "/completion/*", complete},
                                        {"ListSnapshotBlocks", "GET", "/*/blocks", list},
                                        {"ListChangedBlocks", "GET", "/*/changedblocks", list_changed},
                                        {"GetSnapshotBlock", "GET", "/*/blocks/*", get}}};

Route const* find_route(http::Request const& request) {
  if (!request.path.starts_with(kPrefix)) return nullptr;
  auto const parts = split_path(request.path);
  auto fits = [&](Route const& route) {
    auto same = [](std::string const& part, std::string const& wanted) {
      return wanted == "*" || part == wanted;
    };
    return route.method == request.method &&
           std::ranges::equal(parts, split_path(std::string(kPrefix) + std::string(route.path)), same);
  };
  auto found = std::ranges::find_if(kRoutes, fits);
  return found == kRoutes.end() ? nullptr : &*found;
}

}  // namespace

bool allows_unsigned_payload(http::Request const& request, std::vector<std::string> const& signed_headers) {
  return request.method == "PUT" && request.path.starts_with("/snapshots/") &&
         std::ranges::binary_search(signed_headers, kChecksumHeader);
}

std::string_view ebs_operation(http::Request const& request) {
  auto const* route = find_route(request);
  return route == nullptr ? std::string_view() : route->operation;
}

std::vector<std::string_view> ebs_operations() {
  std::vector<std::string_view> out;
  for (auto const& route : kRoutes) out.push_back(route.operation);
  return out;
}

Result<http::Response> run_ebs(Service& service, Region& region, ebs::Reader const& reader,
                               http::Request const& request) {
  auto const* route = find_route(request);
  if (route == nullptr)
    return fail(Fault::not_found, "UnknownOperationException",
                "There is no " + request.method + " " + request.path);
  auto inputs = TRY(Inputs::read(request));
  EbsCall const call{
      service, region, reader, request, split_path(request.path), std::move(inputs), service.clock.now()};
  return route->run(call);
}

}  // namespace argosy::api
