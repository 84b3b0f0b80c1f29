// messages/ec2/create_key_pair.h - what CreateKeyPair says and hears. Source: EC2 API Reference,
// API_CreateKeyPair.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct CreateKeyPairRequest {
  std::string key_name;
  bool dry_run = false;
  std::optional<std::string> key_type;
  std::vector<TagSpecification> tag_specification;
  std::optional<std::string> key_format;
};
BOOST_DESCRIBE_STRUCT(CreateKeyPairRequest, (), (key_name, dry_run, key_type, tag_specification, key_format))

struct CreateKeyPairResponse {
  std::optional<std::string> key_fingerprint;
  std::optional<std::string> key_material;
  std::optional<std::string> key_name;
  std::optional<std::string> key_pair_id;
  std::vector<Tag> tag_set;
};
BOOST_DESCRIBE_STRUCT(CreateKeyPairResponse, (),
                      (key_fingerprint, key_material, key_name, key_pair_id, tag_set))

}  // namespace argosy::messages::ec2
