// replication/source.cpp - see source.h.
#include "replication/source.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "content/reference.h"
#include "http/status.h"
#include "images/encryption.h"
#include "images/rules.h"
#include "wire/json.h"

namespace argosy::replication {
namespace {

namespace m = messages::replication;

/// Of every answer but chunks: more than any image of ours takes.
constexpr std::size_t kMaxMessageBytes = 1U << 20U;
/// How long an opening waits for those before it: a peer that does not answer must not hold every worker of
/// ours.
constexpr auto kOpenPatience = std::chrono::seconds(1);
constexpr std::size_t kMaxRefusalBytes = 500;

/// It does not know this region as a peer, or its own region no more: an operator mends that, and copies
/// wait.
bool is_about_regions(std::string_view code) { return code == "AccessDenied" || code == "InvalidRegion"; }

std::unexpected<Error> lie(std::string message) {
  return fail(Fault::corrupt, std::string(kSourceFailed), std::move(message));
}
std::unexpected<Error> broken(std::string const& what) { return lie("the source region opened " + what); }

/// A reference that the source gave.
template <class Reference>
Result<Reference> said(Result<Reference> decoded) {
  if (!decoded) return lie("the source region sent no reference but: " + decoded.error().message);
  return decoded;
}

/// What is no message was damaged on its way, or made up.
template <class Message>
Result<Message> decode(http::Response const& response) {
  auto decoded = wire::decode_json<Message>(as_text(response.body), wire::Naming::snake);
  if (!decoded) return lie("the source region sent no message but: " + decoded.error().message);
  return decoded;
}

/// UTF-8 that EC2's XML can carry.
bool is_text(std::string_view text, std::size_t most) {
  return text.size() <= most && is_utf8(text) && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n' || c == '\r';
         });
}

bool is_lease(std::string_view text) { return !text.empty() && is_text(text, 64); }

/// The source's text is shown to the user: what is no code and no message of ours is not.
bool is_refusal(m::Refusal const& refusal) {
  return !refusal.code.empty() && refusal.code.front() >= 'A' && refusal.code.front() <= 'Z' &&
         is_text(refusal.code, 64) && is_text(refusal.message, kMaxRefusalBytes);
}

/// Its digest, and whether its root is what it says, is known only with the key.
Result<void> check_encrypted(m::Snapshot const& snapshot) {
  auto root = TRY(said(content::decode_clear_reference(snapshot.root)));
  if (root && root->digest) return broken("an encrypted snapshot with a root that is not");
  if (!snapshot.content_digest.empty() ||
      !is_text(snapshot.kms_key_id.value_or(""), images::kMaxKeyNameBytes) ||
      snapshot.kms_key_id.value_or("").empty())
    return broken("an encrypted snapshot without its key");
  return {};
}

Result<void> check(m::Snapshot const& snapshot) {
  if (!images::has_id_form(snapshot.snapshot_id, "snap-")) return broken("a snapshot without an id");
  if (snapshot.volume_size_gib < 1 || snapshot.volume_size_gib > images::kMaxVolumeSizeGib)
    return broken("a volume of an impossible size");
  if (snapshot.owner.value_or("").size() > 12) return broken("a snapshot without an owner");
  if (snapshot.content_bytes < 0 || snapshot.content_bytes > snapshot.volume_size_gib << 30)
    return broken("more content than fits");
  if (!is_text(snapshot.description, 255 * 4) || !is_text(snapshot.lineage, 64))
    return broken("a snapshot with a text that is none");
  if (snapshot.encrypted) return check_encrypted(snapshot);
  if (snapshot.content_digest.size() != 32) return broken("a snapshot without a digest");
  auto const root = TRY(said(content::decode_clear_reference(snapshot.root)));
  if (root && !root->digest) return broken("a snapshot that is encrypted");
  auto const digest =
      root ? *root->digest : content::hole_digest(content::height_of(snapshot.volume_size_gib));
  if (!std::ranges::equal(digest.bytes, snapshot.content_digest))
    return broken("a snapshot with another's digest");
  return {};
}

Result<void> check(m::Image const& image, std::vector<m::Snapshot> const& snapshots) {
  for (auto const* text : {&image.name, &image.description, &image.architecture, &image.virtualization_type,
                           &image.root_device_name})
    if (!is_text(*text, 255 * 4)) return broken("an image with a text that is none");
  for (auto const* text : {&image.kernel_id, &image.ramdisk_id, &image.sriov_net_support, &image.boot_mode,
                           &image.tpm_support, &image.imds_support, &image.platform})
    if (!is_text(text->value_or(""), images::kMaxShortNameBytes))
      return broken("an image with a text that is none");
  if (!is_text(image.uefi_data.value_or(""), 64U << 10U)) return broken("an image with too much UEFI data");
  std::vector<images::Tag> tags;
  for (auto const& tag : image.tags) tags.push_back({tag.key, tag.value});
  if (!images::check_tags(tags)) return broken("an image with impossible tags");
  if (image.mappings.size() > images::kMaxMappings) return broken("too many mappings");
  for (auto const& mapping : image.mappings) {
    bool const known =
        !mapping.snapshot_id ||
        std::ranges::find(snapshots, *mapping.snapshot_id, &m::Snapshot::snapshot_id) != snapshots.end();
    if (!known) return broken("a mapping without its snapshot");
    if (!is_text(mapping.device_name, images::kMaxShortNameBytes) ||
        !is_text(mapping.virtual_name.value_or(""), images::kMaxShortNameBytes) ||
        !is_text(mapping.volume_type, images::kMaxShortNameBytes))
      return broken("a mapping with a text that is none");
    if (mapping.volume_size_gib < 0 || mapping.volume_size_gib > images::kMaxVolumeSizeGib)
      return broken("a mapping of an impossible size");
  }
  return {};
}

/// A peer is not believed: what it says must be possible before it reaches the catalogue, and of what was
/// asked.
Result<void> check(m::OpenResponse const& opened, std::string_view resource) {
  if (!is_lease(opened.lease)) return broken("without a lease");
  if (opened.snapshots.size() > images::kMaxMappings) return broken("too many snapshots");
  std::set<std::string_view> ids;
  for (auto const& snapshot : opened.snapshots) {
    TRY(check(snapshot));
    if (!ids.insert(snapshot.snapshot_id).second) return broken("a snapshot twice");
  }
  if (resource.starts_with("snap-") && !ids.contains(resource)) return broken("another snapshot");
  if (resource.starts_with("ami-") && !opened.image) return broken("no image");
  return opened.image ? check(*opened.image, opened.snapshots) : Result<void>{};
}

}  // namespace

Result<http::Response> Source::call(std::string const& operation, std::string const& body) {
  http::Request request;
  request.method = "POST";
  request.path = "/replication/" + operation;
  request.headers = {{"Content-Type", "application/json"},
                     {std::string(m::kSourceHeader), region_},
                     {std::string(m::kDestinationHeader), destination_}};
  if (secret_) request.headers.emplace_back(m::kSecretHeader, *secret_);
  request.body = to_bytes(as_bytes(body));
  auto answered = transport_->send(request);
  if (!answered)
    return fail(answered.error().fault, std::string(kSourceFailed), std::move(answered.error().message));
  auto response = *std::move(answered);
  bool const chunks = operation == "fetch" && response.status == 200;
  if (!chunks && response.body.size() > kMaxMessageBytes)
    return lie(region_ + " sent an answer of an impossible size");
  if (response.status == 200) return response;
  auto refusal = wire::decode_json<m::Refusal>(as_text(response.body), wire::Naming::snake);
  bool const is_of_request = refusal && !is_about_regions(refusal->code);
  if (!is_of_request || !is_refusal(*refusal))
    return fail(Fault::unavailable, std::string(is_of_request ? kRequestFailed : kSourceFailed),
                region_ + " answered " + operation + " with status " + std::to_string(response.status) +
                    "; its log says why");
  return fail(http::fault_of(response.status), refusal->code, refusal->message);
}

Result<m::OpenResponse> Source::open(m::OpenRequest const& request) {
  struct Place {
    Places& places;
    ~Place() { places.release(); }
  };
  if (!places_.try_acquire_for(kOpenPatience))
    return fail(Fault::unavailable, std::string(kSourceFailed),
                region_ + " has not answered those who asked before");
  Place const place{places_};
  auto response = TRY(call("open", wire::encode_json(request, wire::Naming::snake)));
  auto opened = TRY(decode<m::OpenResponse>(response));
  auto checked = check(opened, request.resource);
  if (checked) return opened;
  // It would pin the content until it runs out.
  auto const closed = is_lease(opened.lease) ? close(opened.lease) : Result<void>{};
  if (!closed) log_warning("a lease at {} runs out by itself: {}", region_, closed.error().message);
  return std::unexpected(std::move(checked).error());
}

Result<void> Source::renew(std::string const& lease) {
  TRY(call("renew", wire::encode_json(m::LeaseRequest{lease}, wire::Naming::snake)));
  return {};
}

Result<void> Source::close(std::string const& lease) {
  TRY(call("close", wire::encode_json(m::LeaseRequest{lease}, wire::Naming::snake)));
  return {};
}

Result<Released> Source::release(m::ReleaseRequest const& request) {
  auto response = TRY(call("release", wire::encode_json(request, wire::Naming::snake)));
  auto const released = TRY(decode<m::ReleaseResponse>(response));
  auto root = TRY(said(content::decode_reference(released.root)));
  if (root && !root->key) return broken("encrypted content and released no key");
  return Released{std::move(root), released.sealed_apart};
}

Result<Bytes> Source::fetch(m::FetchRequest const& request) {
  auto response = call("fetch", wire::encode_json(request, wire::Naming::snake));
  // What is asked for follows from what the source sent before: one of the two was not what it should be.
  if (!response && response.error().code == "InvalidRange")
    return lie(region_ + " does not have what it opened: " + response.error().message);
  if (!response) return std::unexpected(std::move(response).error());
  return std::move(response->body);
}

Result<Source*> Sources::find(std::string const& region) {
  auto found = sources_.find(region);
  if (found == sources_.end())
    return fail(Fault::invalid, "InvalidRegion",
                "The region '" + region + "' does not exist or cannot be copied from");
  return found->second.get();
}

std::vector<Source*> Sources::all() {
  std::vector<Source*> out;
  for (auto const& [name, source] : sources_) out.push_back(source.get());
  return out;
}

Result<std::vector<ByteView>> split_frames(ByteView bytes, std::size_t count) {
  std::vector<ByteView> out;
  while (!bytes.empty()) {
    if (bytes.size() < 4 || out.size() == count)
      return lie("the source sent more or less than was asked for");
    auto length = get_le<std::uint32_t>(bytes.data());
    if (length > store::kMaxStoredBytes || length > bytes.size() - 4)
      return lie("the source sent a chunk of an impossible length");
    out.push_back(bytes.subspan(4, length));
    bytes = bytes.subspan(4 + length);
  }
  if (out.size() != count) return lie("the source sent less than was asked for");
  return out;
}

}  // namespace argosy::replication
