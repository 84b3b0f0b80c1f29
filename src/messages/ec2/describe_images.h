// messages/ec2/describe_images.h - what DescribeImages says and hears. Source: EC2 API Reference,
// API_DescribeImages.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeImagesRequest {
  std::vector<std::string> executable_by;
  std::vector<std::string> image_id;
  std::vector<std::string> owner;
  std::optional<bool> include_deprecated;
  std::optional<bool> include_disabled;
  std::optional<std::int32_t> max_results;
  std::optional<std::string> next_token;
  bool dry_run = false;
  std::vector<Filter> filter;
};
BOOST_DESCRIBE_STRUCT(DescribeImagesRequest, (),
                      (executable_by, image_id, owner, include_deprecated, include_disabled, max_results,
                       next_token, dry_run, filter))

struct DescribeImagesResponse {
  std::optional<std::string> next_token;
  std::vector<Image> images_set;
};
BOOST_DESCRIBE_STRUCT(DescribeImagesResponse, (), (next_token, images_set))

}  // namespace argosy::messages::ec2
