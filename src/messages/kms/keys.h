// messages/kms/keys.h - what the operations on keys say and hear: creating, describing, enabling, deleting.
// See types.h.
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "messages/kms/types.h"
#include "wire/names.h"

namespace argosy::messages::kms {

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

}  // namespace argosy::messages::kms
