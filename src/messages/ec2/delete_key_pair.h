// messages/ec2/delete_key_pair.h - what DeleteKeyPair says and hears. Source: EC2 API Reference,
// API_DeleteKeyPair.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DeleteKeyPairRequest {
  std::optional<std::string> key_name;
  std::optional<std::string> key_pair_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DeleteKeyPairRequest, (), (key_name, key_pair_id, dry_run))

struct DeleteKeyPairResponse {
  bool result = true;
  std::optional<std::string> key_pair_id;
};
BOOST_DESCRIBE_STRUCT(DeleteKeyPairResponse, (), (result, key_pair_id))
constexpr auto wire_name_exceptions(DeleteKeyPairResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
