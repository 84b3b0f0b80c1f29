// messages/ec2/import_key_pair.h - what ImportKeyPair says and hears. Source: EC2 API Reference,
// API_ImportKeyPair.
#pragma once
#include "messages/ec2/text_scalars.h"
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct ImportKeyPairRequest {
  bool dry_run = false;
  std::string key_name;
  Blob public_key_material;
  std::vector<TagSpecification> tag_specification;
};
BOOST_DESCRIBE_STRUCT(ImportKeyPairRequest, (), (dry_run, key_name, public_key_material, tag_specification))

struct ImportKeyPairResponse {
  std::optional<std::string> key_fingerprint;
  std::optional<std::string> key_name;
  std::optional<std::string> key_pair_id;
  std::vector<Tag> tag_set;
};
BOOST_DESCRIBE_STRUCT(ImportKeyPairResponse, (), (key_fingerprint, key_name, key_pair_id, tag_set))

}  // namespace argosy::messages::ec2
