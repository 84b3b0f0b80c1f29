// messages/ec2/copy_image.h - what CopyImage says and hears. Source: EC2 API Reference, API_CopyImage.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct CopyImageRequest {
  std::optional<std::string> client_token;
  std::optional<std::string> description;
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key_id;
  std::string name;
  std::string source_image_id;
  std::string source_region;
  std::optional<std::string> destination_outpost_arn;
  std::optional<bool> copy_image_tags;
  std::vector<TagSpecification> tag_specification;
  std::optional<std::int64_t> snapshot_copy_completion_duration_minutes;
  std::optional<std::string> destination_availability_zone;
  std::optional<std::string> destination_availability_zone_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(CopyImageRequest, (),
                      (client_token, description, encrypted, kms_key_id, name, source_image_id, source_region,
                       destination_outpost_arn, copy_image_tags, tag_specification,
                       snapshot_copy_completion_duration_minutes, destination_availability_zone,
                       destination_availability_zone_id, dry_run))

struct CopyImageResponse {
  std::optional<std::string> image_id;
};
BOOST_DESCRIBE_STRUCT(CopyImageResponse, (), (image_id))

}  // namespace argosy::messages::ec2
