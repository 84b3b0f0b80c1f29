// messages/ec2/describe_tags.h - what DescribeTags says and hears. Source: EC2 API Reference,
// API_DescribeTags.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeTagsRequest {
  bool dry_run = false;
  std::vector<Filter> filter;
  std::optional<std::int32_t> max_results;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(DescribeTagsRequest, (), (dry_run, filter, max_results, next_token))

struct DescribeTagsResponse {
  std::optional<std::string> next_token;
  std::vector<TagDescription> tag_set;
};
BOOST_DESCRIBE_STRUCT(DescribeTagsResponse, (), (next_token, tag_set))

}  // namespace argosy::messages::ec2
