// messages/ec2/disable_image.h - what DisableImage says and hears. Source: EC2 API Reference,
// API_DisableImage.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DisableImageRequest {
  std::string image_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DisableImageRequest, (), (image_id, dry_run))

struct DisableImageResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(DisableImageResponse, (), (result))
constexpr auto wire_name_exceptions(DisableImageResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
