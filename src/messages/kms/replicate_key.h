// messages/kms/replicate_key.h - what ReplicateKey says and hears. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "messages/kms/keys.h"
#include "messages/kms/types.h"

namespace argosy::messages::kms {

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

}  // namespace argosy::messages::kms
