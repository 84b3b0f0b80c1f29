// api/kms.cpp - see kms.h: the table of KMS's operations.
#include "api/kms.h"

#include "api/operation.h"
#include "kms/aliases.h"
#include "kms/cryptography.h"
#include "kms/grants.h"
#include "kms/keys.h"
#include "kms/policies.h"
#include "kms/replicate_key.h"
#include "kms/rotation.h"
#include "kms/tags.h"
#include "kms/update_primary_region.h"
#include "wire/json.h"

namespace argosy::api {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keystore::Vault;

constexpr std::string_view kTargetPrefix = "TrentService.";

/// What every operation of this file takes.
struct KmsCall {
  Service& service;
  Region& region;
  access::Caller const& caller;
  std::string_view body;
  Time now;

  Vault vault() const { return {region.name, service.master_keys, service.entropy}; }
};
/// The body of the answer; empty if the operation answers nothing.
using KmsOperation = std::function<Result<std::string>(KmsCall const&)>;

template <class Request>
Result<Request> decode(std::string_view body) {
  auto const parsed = wire::parse_json(body);
  if (!parsed) return fail(Fault::invalid, "SerializationException", parsed.error().message);
  Request request;
  auto const decoded = wire::json::decode(*parsed, request, wire::Naming::upper_camel, "body");
  if (!decoded) return fail(Fault::invalid, "ValidationException", decoded.error().message);
  return request;
}

Result<std::string> encode(Result<void> const& done) {
  if (!done) return std::unexpected(done.error());
  return std::string();
}
template <class Response>
Result<std::string> encode(Result<Response> const& response) {
  if (!response) return std::unexpected(response.error());
  return wire::encode_json(*response, wire::Naming::upper_camel);
}

/// `function(tx, call, request)` in one transaction.
template <class Request, class Function>
KmsOperation transaction_operation(sql::Access access, Function function) {
  return [access, function](KmsCall const& call) -> Result<std::string> {
    auto const request = TRY(decode<Request>(call.body));
    return run_transaction(call.region.catalogue, access,
                           [&](Transaction& tx) { return encode(function(tx, call, request)); });
  };
}
template <class Request, class Function>
KmsOperation reading(Function function) {
  return transaction_operation<Request>(
      sql::Access::read, [function](Transaction& tx, KmsCall const& call, Request const& request) {
        return function(tx, call.vault(), call.caller, request);
      });
}
template <class Request, class Function>
KmsOperation writing(Function function) {
  return transaction_operation<Request>(
      sql::Access::write, [function](Transaction& tx, KmsCall const& call, Request const& request) {
        return function(tx, call.vault(), call.caller, request);
      });
}
/// The same of an operation that asks what time it is.
template <class Request, class Function>
KmsOperation writing_now(Function function) {
  return transaction_operation<Request>(
      sql::Access::write, [function](Transaction& tx, KmsCall const& call, Request const& request) {
        return function(tx, call.vault(), call.caller, call.now, request);
      });
}
/// The same, with something left to do in the background.
template <class Request, class Function>
KmsOperation waking(Function function) {
  return [run = writing_now<Request>(function)](KmsCall const& call) -> Result<std::string> {
    auto answer = run(call);
    if (answer) call.region.wake();
    return answer;
  };
}

Result<std::string> describe_key(KmsCall const& call) {
  auto const request = TRY(decode<m::DescribeKeyRequest>(call.body));
  auto const access = kms::may_create(request) ? sql::Access::write : sql::Access::read;
  return run_transaction(call.region.catalogue, access, [&](Transaction& tx) {
    return encode(kms::describe_key(tx, call.vault(), call.caller, call.now, request));
  });
}

/// With transactions of its own in several regions.
template <class Request, class Function>
KmsOperation across_regions(Function function) {
  return [function](KmsCall const& call) -> Result<std::string> {
    auto const request = TRY(decode<Request>(call.body));
    auto const catalogues = [&](std::string_view name) -> sql::Pool* {
      auto* region = call.service.find_region(name);
      return region == nullptr ? nullptr : &region->catalogue;
    };
    return encode(
        function(catalogues, call.service.key_changes, call.vault(), call.caller, call.now, request));
  };
}

std::map<std::string_view, KmsOperation> const& operations() {
  static std::map<std::string_view, KmsOperation> const table{
      {"CancelKeyDeletion", writing<m::CancelKeyDeletionRequest>(kms::cancel_key_deletion)},
      {"CreateAlias", writing_now<m::CreateAliasRequest>(kms::create_alias)},
      {"CreateGrant", writing_now<m::CreateGrantRequest>(kms::create_grant)},
      {"CreateKey", writing_now<m::CreateKeyRequest>(kms::create_key)},
      {"Decrypt", reading<m::DecryptRequest>(kms::decrypt)},
      {"DeleteAlias", writing<m::DeleteAliasRequest>(kms::delete_alias)},
      {"DescribeKey", describe_key},
      {"DisableKey", writing<m::DisableKeyRequest>(kms::disable_key)},
      {"DisableKeyRotation", waking<m::DisableKeyRotationRequest>(kms::disable_key_rotation)},
      {"EnableKey", writing<m::EnableKeyRequest>(kms::enable_key)},
      {"EnableKeyRotation", waking<m::EnableKeyRotationRequest>(kms::enable_key_rotation)},
      {"Encrypt", reading<m::EncryptRequest>(kms::encrypt)},
      {"GenerateDataKey", reading<m::GenerateDataKeyRequest>(kms::generate_data_key)},
      {"GenerateDataKeyWithoutPlaintext",
       reading<m::GenerateDataKeyWithoutPlaintextRequest>(kms::generate_data_key_without_plaintext)},
      {"GetKeyPolicy", reading<m::GetKeyPolicyRequest>(kms::get_key_policy)},
      {"GetKeyRotationStatus", reading<m::GetKeyRotationStatusRequest>(kms::get_key_rotation_status)},
      {"ListAliases", reading<m::ListAliasesRequest>(kms::list_aliases)},
      {"ListGrants", reading<m::ListGrantsRequest>(kms::list_grants)},
      {"ListKeyPolicies", reading<m::ListKeyPoliciesRequest>(kms::list_key_policies)},
      {"ListKeyRotations", reading<m::ListKeyRotationsRequest>(kms::list_key_rotations)},
      {"ListKeys", reading<m::ListKeysRequest>(kms::list_keys)},
      {"ListResourceTags", reading<m::ListResourceTagsRequest>(kms::list_resource_tags)},
      {"ListRetirableGrants", reading<m::ListRetirableGrantsRequest>(kms::list_retirable_grants)},
      {"PutKeyPolicy", writing<m::PutKeyPolicyRequest>(kms::put_key_policy)},
      {"ReEncrypt", reading<m::ReEncryptRequest>(kms::re_encrypt)},
      {"ReplicateKey", across_regions<m::ReplicateKeyRequest>(kms::replicate_key)},
      {"RetireGrant", writing<m::RetireGrantRequest>(kms::retire_grant)},
      {"RevokeGrant", writing<m::RevokeGrantRequest>(kms::revoke_grant)},
      {"RotateKeyOnDemand", waking<m::RotateKeyOnDemandRequest>(kms::rotate_key_on_demand)},
      {"ScheduleKeyDeletion", waking<m::ScheduleKeyDeletionRequest>(kms::schedule_key_deletion)},
      {"TagResource", writing<m::TagResourceRequest>(kms::tag_resource)},
      {"UntagResource", writing<m::UntagResourceRequest>(kms::untag_resource)},
      {"UpdateAlias", writing_now<m::UpdateAliasRequest>(kms::update_alias)},
      {"UpdateKeyDescription", writing<m::UpdateKeyDescriptionRequest>(kms::update_key_description)},
      {"UpdatePrimaryRegion", across_regions<m::UpdatePrimaryRegionRequest>(kms::update_primary_region)},
  };
  return table;
}

}  // namespace

std::string_view kms_operation(http::Request const& request) {
  auto target = http::find_header(request.headers, "x-amz-target").value_or("");
  if (request.method != "POST" || request.path != "/" || !target.starts_with(kTargetPrefix)) return {};
  auto const found = operations().find(target.substr(kTargetPrefix.size()));
  return found == operations().end() ? std::string_view() : found->first;
}

std::vector<std::string_view> kms_operations() {
  std::vector<std::string_view> out;
  for (auto const& [name, operation] : operations()) out.push_back(name);
  return out;
}

Result<http::Response> run_kms(Service& service, Region& region, access::Caller const& caller,
                               http::Request const& request) {
  auto const found = operations().find(kms_operation(request));
  if (found == operations().end())
    return fail(Fault::invalid, "UnknownOperationException",
                "The header X-Amz-Target names no operation of KMS");
  auto body = TRY(found->second({service, region, caller, as_text(request.body), service.clock.now()}));
  http::Response response;
  response.headers = {{"Content-Type", "application/x-amz-json-1.1"}};
  response.body = to_bytes(as_bytes(body));
  return response;
}

}  // namespace argosy::api
