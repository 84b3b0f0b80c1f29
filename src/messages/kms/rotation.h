// messages/kms/rotation.h - what the operations on keys' rotation say and hear. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace argosy::messages::kms {

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

}  // namespace argosy::messages::kms
