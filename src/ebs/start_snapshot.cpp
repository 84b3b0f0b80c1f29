// ebs/start_snapshot.cpp - StartSnapshot: check, look at the parent, save.
#include "ebs/start_snapshot.h"

#include "catalogue/client_tokens.h"
#include "catalogue/domains.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "ebs/errors.h"
#include "wire/json.h"

namespace argosy::ebs {
namespace {

namespace m = messages::ebs;

constexpr std::int32_t kDefaultTimeoutMinutes = 60;

Result<std::vector<images::Tag>> to_tags(std::vector<m::Tag> const& given) {
  std::vector<images::Tag> out;
  for (auto const& tag : given) out.push_back({tag.key.value_or(""), tag.value.value_or("")});
  auto checked = images::check_tags(out);
  if (!checked) return invalid("INVALID_TAG", checked.error().message);
  return out;
}

Result<void> check_encryption(m::StartSnapshotRequest const& request) {
  if (request.parent_snapshot_id && (request.encrypted || request.kms_key_arn))
    return invalid_parameter("Encrypted and KmsKeyArn cannot be given together with ParentSnapshotId");
  if (request.encrypted == false && request.kms_key_arn)
    return invalid_parameter("KmsKeyArn requires Encrypted to be true");
  if (request.encrypted.value_or(false) || request.kms_key_arn)
    return fail(Fault::invalid, "UnsupportedOperation",
                "Encryption is not supported by this version of Argosy.");
  return {};
}

Result<void> check(m::StartSnapshotRequest const& request) {
  if (request.volume_size < 1 || request.volume_size > images::kMaxVolumeSizeGib)
    return invalid("INVALID_VOLUME_SIZE", "VolumeSize must be from 1 to 65536 GiB");
  auto timeout = request.timeout.value_or(kDefaultTimeoutMinutes);
  if (timeout < 10 || timeout > 4'320) return invalid_parameter("Timeout must be from 10 to 4320 minutes");
  if (request.client_token && request.client_token->size() > 255)
    return invalid_parameter("ClientToken has at most 255 characters");
  if (auto checked = images::check_description(request.description.value_or("")); !checked)
    return invalid_parameter(checked.error().message);
  return check_encryption(request);
}

Result<images::Snapshot> find_parent(catalogue::Transaction& tx, access::Caller const& caller,
                                     m::StartSnapshotRequest const& request) {
  auto const& id = *request.parent_snapshot_id;
  if (!images::has_id_form(id, "snap-")) return invalid("INVALID_SNAPSHOT_ID", "Invalid id: \"" + id + "\"");
  auto parent = catalogue::find_snapshot(tx, id);
  if (!parent && parent.error().fault != Fault::not_found) return std::unexpected(std::move(parent).error());
  if (!parent || parent->owner != caller.account) return snapshot_not_found(id);
  if (parent->state != images::SnapshotState::completed)
    return invalid("INVALID_SNAPSHOT_ID", "The parent snapshot " + id + " is not completed");
  if (parent->volume_size_gib > request.volume_size)
    return invalid("INVALID_VOLUME_SIZE", "VolumeSize is smaller than the parent snapshot's " +
                                              std::to_string(parent->volume_size_gib) + " GiB");
  return parent;
}

m::StartSnapshotResponse to_response(images::Snapshot const& snapshot, std::vector<images::Tag> const& tags) {
  m::StartSnapshotResponse out;
  if (!snapshot.description.empty()) out.description = snapshot.description;
  out.snapshot_id = snapshot.id;
  out.owner_id = snapshot.owner;
  out.status = images::to_text(snapshot.state);
  out.start_time = snapshot.start_time;
  out.volume_size = snapshot.volume_size_gib;
  for (auto const& tag : tags) out.tags.push_back({tag.key, tag.value});
  if (!snapshot.parent_snapshot_id.empty()) out.parent_snapshot_id = snapshot.parent_snapshot_id;
  return out;
}

std::optional<catalogue::ClientToken> token_of(access::Caller const& caller,
                                               m::StartSnapshotRequest request) {
  if (!request.client_token || request.client_token->empty()) return std::nullopt;
  catalogue::ClientToken out{caller.account, "StartSnapshot", *request.client_token, {}};
  request.client_token.reset();
  out.fingerprint = wire::encode_json(request, wire::Naming::upper_camel);
  return out;
}

/// The answer of the first call with this token, if there was one and its snapshot is still there.
Result<std::optional<m::StartSnapshotResponse>> find_earlier(catalogue::Transaction& tx,
                                                             access::Caller const& caller,
                                                             catalogue::ClientToken const& token) {
  auto id = catalogue::find_result(tx, token);
  if (!id && id.error().code == "IdempotentParameterMismatch")
    return fail(Fault::conflict, "ConflictException", id.error().message);
  if (!id) return std::unexpected(std::move(id).error());
  if (!*id) return std::nullopt;
  auto snapshot = catalogue::find_snapshot(tx, **id);
  if (!snapshot)
    return fail(Fault::conflict, "ConflictException",
                "The snapshot that this client token started was deleted");
  auto tags = TRY(catalogue::list_tags(tx, caller.account, snapshot->id));
  return to_response(*snapshot, tags);
}

Result<void> check_limits(catalogue::Transaction& tx, access::Caller const& caller) {
  auto uploads = TRY(catalogue::count_uploads(tx, caller.account));
  auto const& limits = caller.limits;
  if (uploads >= limits.pending_uploads)
    return fail(Fault::limit, "ConcurrentLimitExceededException",
                access::limit_message("pending uploads in this region", limits.pending_uploads,
                                      "pending_uploads", "Complete or delete some"));
  auto snapshots = TRY(catalogue::count_snapshots(tx, caller.account));
  if (snapshots >= limits.snapshots)
    return fail(Fault::limit, "ServiceQuotaExceededException",
                access::limit_message("snapshots in this region", limits.snapshots, "snapshots",
                                      "Delete snapshots that are not needed"));
  return {};
}

}  // namespace

Result<m::StartSnapshotResponse> start_snapshot(catalogue::Transaction& tx, access::Caller const& caller,
                                                Time now, Entropy& entropy,
                                                crypto::MasterKeys const& master_keys,
                                                m::StartSnapshotRequest const& request) {
  TRY(check(request));
  auto tags = TRY(to_tags(request.tags));
  auto token = token_of(caller, request);
  if (token) {
    auto earlier = TRY(find_earlier(tx, caller, *token));
    if (earlier) return *earlier;
  }
  images::Snapshot snapshot;
  snapshot.id = make_resource_id(entropy, "snap-");
  snapshot.lineage = snapshot.id;
  if (request.parent_snapshot_id) {
    auto parent = TRY(find_parent(tx, caller, request));
    snapshot.parent_snapshot_id = parent.id;
    snapshot.lineage = parent.lineage;
    snapshot.root =
        parent.root;  // what the upload changes; pins the parent's content even if the parent is deleted
    snapshot.base_size_gib = parent.volume_size_gib;
  }
  TRY(check_limits(tx, caller));
  TRY(catalogue::ensure_domain(tx, master_keys, caller.account, entropy));
  snapshot.owner = caller.account;
  snapshot.description = request.description.value_or("");
  snapshot.volume_size_gib = request.volume_size;
  snapshot.start_time = now;
  snapshot.last_write = now;
  snapshot.is_upload = true;
  snapshot.timeout_minutes = request.timeout.value_or(kDefaultTimeoutMinutes);
  TRY(catalogue::insert_snapshot(tx, snapshot));
  TRY(catalogue::save_tags(tx, caller.account, snapshot.id, tags));
  if (token) TRY(catalogue::save_result(tx, *token, snapshot.id, now));
  return to_response(snapshot, tags);
}

}  // namespace argosy::ebs
