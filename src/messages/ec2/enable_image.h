// messages/ec2/enable_image.h - what EnableImage says and hears. Source: EC2 API Reference, API_EnableImage.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct EnableImageRequest {
  std::string image_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(EnableImageRequest, (), (image_id, dry_run))

struct EnableImageResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(EnableImageResponse, (), (result))
constexpr auto wire_name_exceptions(EnableImageResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
