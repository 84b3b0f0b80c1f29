// messages/ec2/describe_key_pairs.h - what DescribeKeyPairs says and hears. Source: EC2 API Reference,
// API_DescribeKeyPairs.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeKeyPairsRequest {
  std::vector<Filter> filter;
  std::vector<std::string> key_name;
  std::vector<std::string> key_pair_id;
  bool dry_run = false;
  std::optional<bool> include_public_key;
};
BOOST_DESCRIBE_STRUCT(DescribeKeyPairsRequest, (),
                      (filter, key_name, key_pair_id, dry_run, include_public_key))

struct KeyPairInfo {
  std::optional<std::string> key_pair_id;
  std::optional<std::string> key_fingerprint;
  std::optional<std::string> key_name;
  std::optional<std::string> key_type;
  std::vector<Tag> tag_set;
  std::optional<std::string> public_key;
  std::optional<Time> create_time;
};
BOOST_DESCRIBE_STRUCT(KeyPairInfo, (),
                      (key_pair_id, key_fingerprint, key_name, key_type, tag_set, public_key, create_time))

struct DescribeKeyPairsResponse {
  std::vector<KeyPairInfo> key_set;
};
BOOST_DESCRIBE_STRUCT(DescribeKeyPairsResponse, (), (key_set))

}  // namespace argosy::messages::ec2
