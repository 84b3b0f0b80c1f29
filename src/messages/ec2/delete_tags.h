// messages/ec2/delete_tags.h - what DeleteTags says and hears. Source: EC2 API Reference, API_DeleteTags.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DeleteTagsRequest {
  bool dry_run = false;
  std::vector<std::string> resource_id;
  std::vector<Tag> tag;
};
BOOST_DESCRIBE_STRUCT(DeleteTagsRequest, (), (dry_run, resource_id, tag))

struct DeleteTagsResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(DeleteTagsResponse, (), (result))
constexpr auto wire_name_exceptions(DeleteTagsResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
