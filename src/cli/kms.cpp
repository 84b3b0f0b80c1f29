// cli/kms.cpp - see kms.h.
#include "cli/kms.h"

#include <algorithm>

#include "messages/kms/cryptography.h"
#include "messages/kms/policies.h"
#include "messages/kms/replicate_key.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

template <class Response, class Request>
Outcome<Response> call(Session& session, std::string_view operation, Request const& request) {
  auto body = TRY(session.kms(operation, wire::encode_json(request, wire::Naming::upper_camel)));
  auto response = wire::decode_json<Response>(body, wire::Naming::upper_camel, wire::kListLimits);
  if (!response)
    return stop(Exit::service, std::string(operation) + ": the answer is " + response.error().message);
  return *std::move(response);
}

/// For operations that answer nothing.
template <class Request>
Outcome<void> act(Session& session, std::string_view operation, Request const& request) {
  TRY(session.kms(operation, wire::encode_json(request, wire::Naming::upper_camel)));
  return {};
}

/// Follows the pages; `list` is the member of the response that holds them.
template <class Response, class Request, class Item>
Outcome<std::vector<Item>> call_paged(Session& session, std::string_view operation, Request request,
                                      std::vector<Item> Response::*list) {
  std::vector<Item> items;
  do {
    auto page = TRY(call<Response>(session, operation, request));
    for (auto& item : page.*list) items.push_back(std::move(item));
    request.marker = page.truncated ? page.next_marker : std::nullopt;
  } while (request.marker);
  return items;
}

}  // namespace

Outcome<kms::KeyMetadata> describe_key(Session& session, std::string const& key) {
  kms::DescribeKeyRequest request;
  request.key_id = key;
  auto answer = TRY(call<kms::DescribeKeyResponse>(session, "DescribeKey", request));
  return std::move(answer.key_metadata);
}

Outcome<std::vector<kms::KeyListEntry>> list_keys(Session& session) {
  return call_paged(session, "ListKeys", kms::ListKeysRequest{}, &kms::ListKeysResponse::keys);
}

Outcome<std::vector<kms::AliasListEntry>> list_aliases(Session& session) {
  return call_paged(session, "ListAliases", kms::ListAliasesRequest{}, &kms::ListAliasesResponse::aliases);
}

Outcome<kms::KeyMetadata> create_key(Session& session, kms::CreateKeyRequest const& request) {
  auto answer = TRY(call<kms::CreateKeyResponse>(session, "CreateKey", request));
  return std::move(answer.key_metadata);
}

Outcome<kms::KeyMetadata> replicate_key(Session& session, std::string const& key, std::string const& region) {
  kms::ReplicateKeyRequest request;
  request.key_id = key;
  request.replica_region = region;
  auto answer = TRY(call<kms::ReplicateKeyResponse>(session, "ReplicateKey", request));
  return std::move(answer.replica_key_metadata);
}

Outcome<void> create_alias(Session& session, std::string const& alias, std::string const& key_id) {
  auto made = act(session, "CreateAlias", kms::CreateAliasRequest{alias, key_id});
  if (made || made.error().code != "AlreadyExistsException") return made;
  auto const aliases = TRY(list_aliases(session));  // by an attempt before it, whose answer was lost?
  bool const is_made = std::ranges::any_of(
      aliases, [&](auto const& known) { return known.alias_name == alias && known.target_key_id == key_id; });
  return is_made ? Outcome<void>() : made;
}

Outcome<std::string> key_policy(Session& session, std::string const& key) {
  auto answer = TRY(
      call<kms::GetKeyPolicyResponse>(session, "GetKeyPolicy", kms::GetKeyPolicyRequest{key, std::nullopt}));
  return std::move(answer.policy);
}

Outcome<std::vector<kms::GrantListEntry>> list_grants(Session& session, std::string const& key) {
  kms::ListGrantsRequest request;
  request.key_id = key;
  return call_paged(session, "ListGrants", std::move(request), &kms::ListGrantsResponse::grants);
}

Outcome<std::string> create_grant(Session& session, kms::CreateGrantRequest const& request) {
  auto answer = TRY(call<kms::CreateGrantResponse>(session, "CreateGrant", request));
  return std::move(answer.grant_id);
}

Outcome<void> revoke_grant(Session& session, std::string const& key, std::string const& grant_id) {
  return act(session, "RevokeGrant", kms::RevokeGrantRequest{key, grant_id, std::nullopt});
}

Outcome<void> try_data_key(Session& session, std::string const& key) {
  kms::GenerateDataKeyWithoutPlaintextRequest request;
  request.key_id = key;
  request.key_spec = "AES_256";
  request.dry_run = true;
  auto tried = act(session, "GenerateDataKeyWithoutPlaintext", request);
  if (!tried && tried.error().code == "DryRunOperationException") return {};
  return tried;
}

}  // namespace argosy::cli
