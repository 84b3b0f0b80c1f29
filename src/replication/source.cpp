// replication/source.cpp - see source.h.
#include "replication/source.h"

#include "content/reference.h"
#include "images/rules.h"
#include "wire/json.h"

namespace argosy::replication {
namespace {

namespace m = messages::replication;

/// More than any image of ours has.
constexpr std::size_t kMaxOpened = 100;

Fault fault_of(int status) {
  switch (status) {
    case 400:
      return Fault::invalid;
    case 403:
      return Fault::denied;
    case 404:
      return Fault::not_found;
    case 409:
      return Fault::conflict;
    default:
      return Fault::unavailable;
  }
}

/// A peer is not believed: what it says must be possible before it reaches the catalogue.
Result<void> check(m::OpenResponse const& opened) {
  auto broken = [](std::string const& what) {
    return fail(Fault::corrupt, "the source region opened " + what);
  };
  if (opened.lease.empty() || opened.lease.size() > 64) return broken("without a lease");
  if (opened.snapshots.size() > kMaxOpened) return broken("too many snapshots");
  for (auto const& snapshot : opened.snapshots) {
    if (!images::has_id_form(snapshot.snapshot_id, "snap-")) return broken("a snapshot without an id");
    if (snapshot.volume_size_gib < 1 || snapshot.volume_size_gib > images::kMaxVolumeSizeGib)
      return broken("a volume of an impossible size");
    if (snapshot.content_digest.size() != 32) return broken("a snapshot without a digest");
    if (snapshot.content_bytes < 0 || snapshot.content_bytes > snapshot.volume_size_gib << 30)
      return broken("more content than fits");
    TRY(content::decode_reference(snapshot.root));
  }
  if (!opened.image) return {};
  if (opened.image->mappings.size() > kMaxOpened) return broken("too many mappings");
  for (auto const& mapping : opened.image->mappings) {
    bool found = !mapping.snapshot_id;
    for (auto const& snapshot : opened.snapshots)
      found = found || snapshot.snapshot_id == *mapping.snapshot_id;
    if (!found) return broken("a mapping without its snapshot");
  }
  return {};
}

}  // namespace

Result<http::Response> Source::call(std::string const& operation, std::string const& body) {
  http::Request request;
  request.method = "POST";
  request.path = "/replication/" + operation;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = to_bytes(as_bytes(body));
  remote::sign(request, transport_->endpoint(), credentials_, {region_, std::string(m::kService)},
               remote::Payload::hashed, clock_.now());
  auto response = TRY(transport_->send(request));
  if (response.status == 200) return response;
  auto refusal = wire::decode_json<m::Refusal>(as_text(response.body), wire::Naming::snake);
  if (!refusal || refusal->code.empty())
    return fail(Fault::unavailable,
                region_ + " answered " + operation + " with status " + std::to_string(response.status));
  return fail(fault_of(response.status), refusal->code, refusal->message);
}

Result<m::OpenResponse> Source::open(m::OpenRequest const& request) {
  auto response = TRY(call("open", wire::encode_json(request, wire::Naming::snake)));
  auto opened = TRY(wire::decode_json<m::OpenResponse>(as_text(response.body), wire::Naming::snake));
  TRY(check(opened));
  return opened;
}

Result<void> Source::renew(std::string const& lease) {
  TRY(call("renew", wire::encode_json(m::LeaseRequest{lease}, wire::Naming::snake)));
  return {};
}

Result<void> Source::close(std::string const& lease) {
  TRY(call("close", wire::encode_json(m::LeaseRequest{lease}, wire::Naming::snake)));
  return {};
}

Result<Bytes> Source::fetch(m::FetchRequest const& request) {
  auto response = TRY(call("fetch", wire::encode_json(request, wire::Naming::snake)));
  return std::move(response.body);
}

Result<Source*> Sources::find(std::string const& region) {
  auto found = sources_.find(region);
  if (found == sources_.end())
    return fail(Fault::invalid, "InvalidRegion",
                "The region '" + region + "' does not exist or cannot be copied from");
  return found->second.get();
}

Result<std::vector<ByteView>> split_frames(ByteView bytes, std::size_t count) {
  std::vector<ByteView> out;
  while (!bytes.empty()) {
    if (bytes.size() < 4 || out.size() == count)
      return fail(Fault::corrupt, "the source sent more or less than was asked for");
    auto length = get_le<std::uint32_t>(bytes.data());
    if (length > store::kMaxStoredBytes || length > bytes.size() - 4)
      return fail(Fault::corrupt, "the source sent a chunk of an impossible length");
    out.push_back(bytes.subspan(4, length));
    bytes = bytes.subspan(4 + length);
  }
  if (out.size() != count) return fail(Fault::corrupt, "the source sent less than was asked for");
  return out;
}

}  // namespace argosy::replication
