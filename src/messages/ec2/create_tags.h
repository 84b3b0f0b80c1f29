// messages/ec2/create_tags.h - what CreateTags says and hears. Source: EC2 API Reference, API_CreateTags.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct CreateTagsRequest {
  bool dry_run = false;
  std::vector<std::string> resource_id;
  std::vector<Tag> tag;
};
BOOST_DESCRIBE_STRUCT(CreateTagsRequest, (), (dry_run, resource_id, tag))

struct CreateTagsResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(CreateTagsResponse, (), (result))
constexpr auto wire_name_exceptions(CreateTagsResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
