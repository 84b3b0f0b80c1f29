// messages/kms/tags.h - what the operations on keys' tags say and hear. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/kms/types.h"

namespace argosy::messages::kms {

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
