// ebs/start_snapshot.cpp - StartSnapshot: check, look at the parent, save.
#include "ebs/start_snapshot.h"

#include "catalogue/client_tokens.h"
#include "catalogue/domains.h"
#include "catalogue/encryption_defaults.h"
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

/// Of the combinations that cannot be, those that need no look at what exists.
Result<void> check_encryption(m::StartSnapshotRequest const& request) {
  if (request.parent_snapshot_id && (request.encrypted || request.kms_key_arn))
    return invalid_parameter("Encrypted and KmsKeyArn cannot be given together with ParentSnapshotId");
  if (request.encrypted == false && request.kms_key_arn)
    return invalid_parameter("KmsKeyArn requires Encrypted to be true");
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
  if (snapshot.encrypted) {
    out.kms_key_arn = snapshot.kms_key;
    out.sse_type = "sse-kms";
  }
  return out;
}

/// The ARN of the key that the upload is encrypted under; nothing: it is not.
Result<std::optional<std::string>> choose_key(catalogue::Transaction& tx, access::Caller const& caller,
                                              keystore::EbsKeys const& keys,
                                              std::optional<images::Snapshot> const& parent,
                                              m::StartSnapshotRequest const& request) {
  auto const defaults = TRY(catalogue::find_encryption_defaults(tx, caller.account));
  images::EncryptionWish const wish{request.encrypted, request.kms_key_arn};
  auto const choice = images::choose_for_upload(parent ? std::optional(parent->encrypted) : std::nullopt,
                                                wish, defaults.by_default);
  if (!choice)
    return invalid_parameter(
        parent ? "An unencrypted parent cannot be built on while encryption by default is on"
               : "Encrypted=false cannot be while encryption by default is on");
  if (*choice == images::KeyChoice::none) return std::nullopt;
  if (*choice == images::KeyChoice::source) return parent->kms_key;
  return TRY(keys.find(tx, caller, keystore::name_of_choice(*choice, wish, defaults)));
}

/// Makes it an encrypted one: with a key that seals its journal, wrapped under the KMS key.
Result<void> encrypt(catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
                     Entropy& entropy, images::Snapshot& snapshot,
                     std::optional<images::Snapshot> const& parent) {
  auto const journal_key = crypto::Key::random(entropy);
  snapshot.envelope = TRY(keys.wrap(tx, caller, snapshot.kms_key, snapshot.id, journal_key.bytes()));
  if (!parent) return {};
  TRY(keys.unwrap(tx, caller, parent->envelope));  // whoever may not read it may not build on it
  snapshot.base_envelope = parent->envelope;
  return {};
}

std::optional<catalogue::ClientToken> token_of(access::Caller const& caller,
                                               m::StartSnapshotRequest request) {
  if (!request.client_token || request.client_token->empty()) return std::nullopt;
  catalogue::ClientToken out{caller.account, "StartSnapshot", *request.client_token, {}};
  request.client_token.reset();
  out.parameters = wire::encode_json(request, wire::Naming::upper_camel);
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
                                                Time now, Entropy& entropy, keystore::EbsKeys const& keys,
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
  std::optional<images::Snapshot> parent;
  if (request.parent_snapshot_id) {
    parent = TRY(find_parent(tx, caller, request));
    snapshot.parent_snapshot_id = parent->id;
    snapshot.lineage = parent->lineage;
    snapshot.root =
        parent->root;  // what the upload changes; pins the parent's content even if the parent is deleted
    snapshot.base_size_gib = parent->volume_size_gib;
  }
  auto const key = TRY(with_key_errors(choose_key(tx, caller, keys, parent, request)));
  snapshot.encrypted = key.has_value();
  snapshot.kms_key = key.value_or("");
  if (key) TRY(with_key_errors(encrypt(tx, caller, keys, entropy, snapshot, parent)));
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
