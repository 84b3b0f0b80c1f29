// messages/kms/kms.h - what the KMS operations say and hear: JSON 1.1. Source: AWS KMS API reference
// 2014-11-01.
//
// JSON members are the names here in upper camel case. An operation that answers nothing has no response.
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "wire/names.h"

namespace argosy::messages::kms {

using Context = std::map<std::string, std::string>;

struct Tag {
  std::string tag_key;
  std::string tag_value;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (tag_key, tag_value))

/// For enclaves, which there are none of here.
struct RecipientInfo {
  std::optional<std::string> key_encryption_algorithm;
  std::optional<Bytes> attestation_document;
};
BOOST_DESCRIBE_STRUCT(RecipientInfo, (), (key_encryption_algorithm, attestation_document))

struct MultiRegionKey {
  std::string arn;
  std::string region;
};
BOOST_DESCRIBE_STRUCT(MultiRegionKey, (), (arn, region))

struct MultiRegionConfiguration {
  std::string multi_region_key_type;  ///< PRIMARY or REPLICA
  MultiRegionKey primary_key;
  std::vector<MultiRegionKey> replica_keys;
};
BOOST_DESCRIBE_STRUCT(MultiRegionConfiguration, (), (multi_region_key_type, primary_key, replica_keys))

struct XksKeyConfiguration {
  std::optional<std::string> id;
};
BOOST_DESCRIBE_STRUCT(XksKeyConfiguration, (), (id))

struct KeyMetadata {
  std::string aws_account_id;
  std::string key_id;
  std::string arn;
  Time creation_date{};
  bool enabled = false;
  std::string description;
  std::string key_usage;
  std::string key_state;
  std::optional<Time> deletion_date;
  std::optional<Time> valid_to;
  std::string origin;
  std::optional<std::string> custom_key_store_id;
  std::optional<std::string> cloud_hsm_cluster_id;
  std::optional<std::string> expiration_model;
  std::string key_manager;
  std::string customer_master_key_spec;
  std::string key_spec;
  std::vector<std::string> encryption_algorithms;
  std::optional<std::vector<std::string>> signing_algorithms;
  std::optional<std::vector<std::string>> key_agreement_algorithms;
  bool multi_region = false;
  std::optional<MultiRegionConfiguration> multi_region_configuration;
  std::optional<std::int32_t> pending_deletion_window_in_days;
  std::optional<std::vector<std::string>> mac_algorithms;
  std::optional<XksKeyConfiguration> xks_key_configuration;
  std::optional<std::string> current_key_material_id;
};
BOOST_DESCRIBE_STRUCT(KeyMetadata, (),
                      (aws_account_id, key_id, arn, creation_date, enabled, description, key_usage, key_state,
                       deletion_date, valid_to, origin, custom_key_store_id, cloud_hsm_cluster_id,
                       expiration_model, key_manager, customer_master_key_spec, key_spec,
                       encryption_algorithms, signing_algorithms, key_agreement_algorithms, multi_region,
                       multi_region_configuration, pending_deletion_window_in_days, mac_algorithms,
                       xks_key_configuration, current_key_material_id))
constexpr std::array<wire::NameException, 1> wire_name_exceptions(KeyMetadata const*) {
  return {{{"aws_account_id", "AWSAccountId"}}};
}

struct CreateKeyRequest {
  std::optional<std::string> policy;
  std::optional<std::string> description;
  std::optional<std::string> key_usage;
  std::optional<std::string> customer_master_key_spec;
  std::optional<std::string> key_spec;
  std::optional<std::string> origin;
  std::optional<std::string> custom_key_store_id;
  std::optional<bool> bypass_policy_lockout_safety_check;
  std::vector<Tag> tags;
  std::optional<bool> multi_region;
  std::optional<std::string> xks_key_id;
};
BOOST_DESCRIBE_STRUCT(CreateKeyRequest, (),
                      (policy, description, key_usage, customer_master_key_spec, key_spec, origin,
                       custom_key_store_id, bypass_policy_lockout_safety_check, tags, multi_region,
                       xks_key_id))
struct CreateKeyResponse {
  KeyMetadata key_metadata;
};
BOOST_DESCRIBE_STRUCT(CreateKeyResponse, (), (key_metadata))

struct DescribeKeyRequest {
  std::string key_id;
  std::vector<std::string> grant_tokens;
};
BOOST_DESCRIBE_STRUCT(DescribeKeyRequest, (), (key_id, grant_tokens))
struct DescribeKeyResponse {
  KeyMetadata key_metadata;
};
BOOST_DESCRIBE_STRUCT(DescribeKeyResponse, (), (key_metadata))

struct ListKeysRequest {
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListKeysRequest, (), (limit, marker))
struct KeyListEntry {
  std::string key_id;
  std::string key_arn;
};
BOOST_DESCRIBE_STRUCT(KeyListEntry, (), (key_id, key_arn))
struct ListKeysResponse {
  std::vector<KeyListEntry> keys;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListKeysResponse, (), (keys, next_marker, truncated))

struct ReplicateKeyRequest {
  std::string key_id;
  std::string replica_region;
  std::optional<std::string> policy;
  std::optional<bool> bypass_policy_lockout_safety_check;
  std::optional<std::string> description;
  std::vector<Tag> tags;
};
BOOST_DESCRIBE_STRUCT(ReplicateKeyRequest, (),
                      (key_id, replica_region, policy, bypass_policy_lockout_safety_check, description, tags))
struct ReplicateKeyResponse {
  KeyMetadata replica_key_metadata;
  std::string replica_policy;
  std::vector<Tag> replica_tags;
};
BOOST_DESCRIBE_STRUCT(ReplicateKeyResponse, (), (replica_key_metadata, replica_policy, replica_tags))

struct UpdatePrimaryRegionRequest {
  std::string key_id;
  std::string primary_region;
};
BOOST_DESCRIBE_STRUCT(UpdatePrimaryRegionRequest, (), (key_id, primary_region))

struct EnableKeyRequest {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(EnableKeyRequest, (), (key_id))
struct DisableKeyRequest {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(DisableKeyRequest, (), (key_id))

struct ScheduleKeyDeletionRequest {
  std::string key_id;
  std::optional<std::int32_t> pending_window_in_days;
};
BOOST_DESCRIBE_STRUCT(ScheduleKeyDeletionRequest, (), (key_id, pending_window_in_days))
struct ScheduleKeyDeletionResponse {
  std::string key_id;
  std::optional<Time> deletion_date;
  std::string key_state;
  std::int32_t pending_window_in_days{};
};
BOOST_DESCRIBE_STRUCT(ScheduleKeyDeletionResponse, (),
                      (key_id, deletion_date, key_state, pending_window_in_days))

struct CancelKeyDeletionRequest {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(CancelKeyDeletionRequest, (), (key_id))
struct CancelKeyDeletionResponse {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(CancelKeyDeletionResponse, (), (key_id))

struct UpdateKeyDescriptionRequest {
  std::string key_id;
  std::string description;
};
BOOST_DESCRIBE_STRUCT(UpdateKeyDescriptionRequest, (), (key_id, description))

struct CreateAliasRequest {
  std::string alias_name;
  std::string target_key_id;
};
BOOST_DESCRIBE_STRUCT(CreateAliasRequest, (), (alias_name, target_key_id))
struct UpdateAliasRequest {
  std::string alias_name;
  std::string target_key_id;
};
BOOST_DESCRIBE_STRUCT(UpdateAliasRequest, (), (alias_name, target_key_id))
struct DeleteAliasRequest {
  std::string alias_name;
};
BOOST_DESCRIBE_STRUCT(DeleteAliasRequest, (), (alias_name))
struct ListAliasesRequest {
  std::optional<std::string> key_id;
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListAliasesRequest, (), (key_id, limit, marker))
struct AliasListEntry {
  std::string alias_name;
  std::string alias_arn;
  std::optional<std::string> target_key_id;  ///< none of an alias of AWS whose key is not made yet
  Time creation_date{};
  Time last_updated_date{};
};
BOOST_DESCRIBE_STRUCT(AliasListEntry, (),
                      (alias_name, alias_arn, target_key_id, creation_date, last_updated_date))
struct ListAliasesResponse {
  std::vector<AliasListEntry> aliases;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListAliasesResponse, (), (aliases, next_marker, truncated))

struct GetKeyPolicyRequest {
  std::string key_id;
  std::optional<std::string> policy_name;
};
BOOST_DESCRIBE_STRUCT(GetKeyPolicyRequest, (), (key_id, policy_name))
struct GetKeyPolicyResponse {
  std::string policy;
  std::string policy_name;
};
BOOST_DESCRIBE_STRUCT(GetKeyPolicyResponse, (), (policy, policy_name))
struct PutKeyPolicyRequest {
  std::string key_id;
  std::optional<std::string> policy_name;
  std::string policy;
  std::optional<bool> bypass_policy_lockout_safety_check;
};
BOOST_DESCRIBE_STRUCT(PutKeyPolicyRequest, (),
                      (key_id, policy_name, policy, bypass_policy_lockout_safety_check))
struct ListKeyPoliciesRequest {
  std::string key_id;
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListKeyPoliciesRequest, (), (key_id, limit, marker))
struct ListKeyPoliciesResponse {
  std::vector<std::string> policy_names;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListKeyPoliciesResponse, (), (policy_names, next_marker, truncated))

struct GrantConstraints {
  std::optional<Context> encryption_context_subset;
  std::optional<Context> encryption_context_equals;
};
BOOST_DESCRIBE_STRUCT(GrantConstraints, (), (encryption_context_subset, encryption_context_equals))
struct CreateGrantRequest {
  std::string key_id;
  std::string grantee_principal;
  std::optional<std::string> retiring_principal;
  std::vector<std::string> operations;
  std::optional<GrantConstraints> constraints;
  std::vector<std::string> grant_tokens;
  std::optional<std::string> name;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(CreateGrantRequest, (),
                      (key_id, grantee_principal, retiring_principal, operations, constraints, grant_tokens,
                       name, dry_run))
struct CreateGrantResponse {
  std::string grant_token;
  std::string grant_id;
};
BOOST_DESCRIBE_STRUCT(CreateGrantResponse, (), (grant_token, grant_id))

struct ListGrantsRequest {
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
  std::string key_id;
  std::optional<std::string> grant_id;
  std::optional<std::string> grantee_principal;
};
BOOST_DESCRIBE_STRUCT(ListGrantsRequest, (), (limit, marker, key_id, grant_id, grantee_principal))
struct GrantListEntry {
  std::string key_id;
  std::string grant_id;
  std::optional<std::string> name;
  Time creation_date{};
  std::string grantee_principal;
  std::optional<std::string> retiring_principal;
  std::string issuing_account;
  std::vector<std::string> operations;
  std::optional<GrantConstraints> constraints;
};
BOOST_DESCRIBE_STRUCT(GrantListEntry, (),
                      (key_id, grant_id, name, creation_date, grantee_principal, retiring_principal,
                       issuing_account, operations, constraints))
struct ListGrantsResponse {
  std::vector<GrantListEntry> grants;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListGrantsResponse, (), (grants, next_marker, truncated))
struct ListRetirableGrantsRequest {
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
  std::string retiring_principal;
};
BOOST_DESCRIBE_STRUCT(ListRetirableGrantsRequest, (), (limit, marker, retiring_principal))
struct ListRetirableGrantsResponse {
  std::vector<GrantListEntry> grants;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListRetirableGrantsResponse, (), (grants, next_marker, truncated))
struct RevokeGrantRequest {
  std::string key_id;
  std::string grant_id;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(RevokeGrantRequest, (), (key_id, grant_id, dry_run))
/// A token, or a key and a grant of it.
struct RetireGrantRequest {
  std::optional<std::string> grant_token;
  std::optional<std::string> key_id;
  std::optional<std::string> grant_id;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(RetireGrantRequest, (), (grant_token, key_id, grant_id, dry_run))

struct EncryptRequest {
  std::string key_id;
  std::optional<Bytes> plaintext;  ///< required
  Context encryption_context;
  std::vector<std::string> grant_tokens;
  std::optional<std::string> encryption_algorithm;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(EncryptRequest, (),
                      (key_id, plaintext, encryption_context, grant_tokens, encryption_algorithm, dry_run))
struct EncryptResponse {
  Bytes ciphertext_blob;
  std::string key_id;
  std::string encryption_algorithm;
};
BOOST_DESCRIBE_STRUCT(EncryptResponse, (), (ciphertext_blob, key_id, encryption_algorithm))

struct DecryptRequest {
  std::optional<Bytes> ciphertext_blob;  ///< required, unless it is ignored
  Context encryption_context;
  std::vector<std::string> grant_tokens;
  std::optional<std::string> key_id;
  std::optional<std::string> encryption_algorithm;
  std::optional<RecipientInfo> recipient;
  std::optional<bool> dry_run;
  std::vector<std::string> dry_run_modifiers;
};
BOOST_DESCRIBE_STRUCT(DecryptRequest, (),
                      (ciphertext_blob, encryption_context, grant_tokens, key_id, encryption_algorithm,
                       recipient, dry_run, dry_run_modifiers))
struct DecryptResponse {
  std::string key_id;
  Bytes plaintext;
  std::string encryption_algorithm;
  std::optional<Bytes> ciphertext_for_recipient;
  std::string key_material_id;
};
BOOST_DESCRIBE_STRUCT(DecryptResponse, (),
                      (key_id, plaintext, encryption_algorithm, ciphertext_for_recipient, key_material_id))

struct ReEncryptRequest {
  std::optional<Bytes> ciphertext_blob;  ///< required, unless it is ignored
  Context source_encryption_context;
  std::optional<std::string> source_key_id;
  std::string destination_key_id;
  Context destination_encryption_context;
  std::optional<std::string> source_encryption_algorithm;
  std::optional<std::string> destination_encryption_algorithm;
  std::vector<std::string> grant_tokens;
  std::optional<bool> dry_run;
  std::vector<std::string> dry_run_modifiers;
};
BOOST_DESCRIBE_STRUCT(ReEncryptRequest, (),
                      (ciphertext_blob, source_encryption_context, source_key_id, destination_key_id,
                       destination_encryption_context, source_encryption_algorithm,
                       destination_encryption_algorithm, grant_tokens, dry_run, dry_run_modifiers))
struct ReEncryptResponse {
  Bytes ciphertext_blob;
  std::string source_key_id;
  std::string key_id;
  std::string source_encryption_algorithm;
  std::string destination_encryption_algorithm;
  std::string source_key_material_id;
  std::string destination_key_material_id;
};
BOOST_DESCRIBE_STRUCT(ReEncryptResponse, (),
                      (ciphertext_blob, source_key_id, key_id, source_encryption_algorithm,
                       destination_encryption_algorithm, source_key_material_id, destination_key_material_id))

struct GenerateDataKeyRequest {
  std::string key_id;
  Context encryption_context;
  std::optional<std::int32_t> number_of_bytes;
  std::optional<std::string> key_spec;
  std::vector<std::string> grant_tokens;
  std::optional<RecipientInfo> recipient;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyRequest, (),
                      (key_id, encryption_context, number_of_bytes, key_spec, grant_tokens, recipient,
                       dry_run))
struct GenerateDataKeyResponse {
  Bytes ciphertext_blob;
  Bytes plaintext;
  std::string key_id;
  std::optional<Bytes> ciphertext_for_recipient;
  std::string key_material_id;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyResponse, (),
                      (ciphertext_blob, plaintext, key_id, ciphertext_for_recipient, key_material_id))
struct GenerateDataKeyWithoutPlaintextRequest {
  std::string key_id;
  Context encryption_context;
  std::optional<std::string> key_spec;
  std::optional<std::int32_t> number_of_bytes;
  std::vector<std::string> grant_tokens;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyWithoutPlaintextRequest, (),
                      (key_id, encryption_context, key_spec, number_of_bytes, grant_tokens, dry_run))
struct GenerateDataKeyWithoutPlaintextResponse {
  Bytes ciphertext_blob;
  std::string key_id;
  std::string key_material_id;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyWithoutPlaintextResponse, (), (ciphertext_blob, key_id, key_material_id))

struct EnableKeyRotationRequest {
  std::string key_id;
  std::optional<std::int32_t> rotation_period_in_days;
};
BOOST_DESCRIBE_STRUCT(EnableKeyRotationRequest, (), (key_id, rotation_period_in_days))
struct DisableKeyRotationRequest {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(DisableKeyRotationRequest, (), (key_id))
struct GetKeyRotationStatusRequest {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(GetKeyRotationStatusRequest, (), (key_id))
struct GetKeyRotationStatusResponse {
  bool key_rotation_enabled = false;
  std::string key_id;
  std::optional<std::int32_t> rotation_period_in_days;
  std::optional<Time> next_rotation_date;
  std::optional<Time> on_demand_rotation_start_date;
};
BOOST_DESCRIBE_STRUCT(GetKeyRotationStatusResponse, (),
                      (key_rotation_enabled, key_id, rotation_period_in_days, next_rotation_date,
                       on_demand_rotation_start_date))
struct RotateKeyOnDemandRequest {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(RotateKeyOnDemandRequest, (), (key_id))
struct RotateKeyOnDemandResponse {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(RotateKeyOnDemandResponse, (), (key_id))
struct ListKeyRotationsRequest {
  std::string key_id;
  std::optional<std::string> include_key_material;
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListKeyRotationsRequest, (), (key_id, include_key_material, limit, marker))
struct RotationsListEntry {
  std::string key_id;
  std::string key_material_id;
  std::optional<std::string> key_material_description;
  std::optional<std::string> import_state;
  std::string key_material_state;
  std::optional<std::string> expiration_model;
  std::optional<Time> valid_to;
  std::optional<Time> rotation_date;
  std::optional<std::string> rotation_type;
};
BOOST_DESCRIBE_STRUCT(RotationsListEntry, (),
                      (key_id, key_material_id, key_material_description, import_state, key_material_state,
                       expiration_model, valid_to, rotation_date, rotation_type))
struct ListKeyRotationsResponse {
  std::vector<RotationsListEntry> rotations;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListKeyRotationsResponse, (), (rotations, next_marker, truncated))

struct TagResourceRequest {
  std::string key_id;
  std::vector<Tag> tags;
};
BOOST_DESCRIBE_STRUCT(TagResourceRequest, (), (key_id, tags))
struct UntagResourceRequest {
  std::string key_id;
  std::vector<std::string> tag_keys;
};
BOOST_DESCRIBE_STRUCT(UntagResourceRequest, (), (key_id, tag_keys))
struct ListResourceTagsRequest {
  std::string key_id;
  std::optional<std::int32_t> limit;
  std::optional<std::string> marker;
};
BOOST_DESCRIBE_STRUCT(ListResourceTagsRequest, (), (key_id, limit, marker))
struct ListResourceTagsResponse {
  std::vector<Tag> tags;
  std::optional<std::string> next_marker;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ListResourceTagsResponse, (), (tags, next_marker, truncated))

}  // namespace argosy::messages::kms
