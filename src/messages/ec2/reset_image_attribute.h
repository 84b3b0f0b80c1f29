// messages/ec2/reset_image_attribute.h - what ResetImageAttribute says and hears. Source: EC2 API Reference,
// API_ResetImageAttribute.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct ResetImageAttributeRequest {
  std::string attribute;
  std::string image_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ResetImageAttributeRequest, (), (attribute, image_id, dry_run))

struct ResetImageAttributeResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(ResetImageAttributeResponse, (), (result))
constexpr auto wire_name_exceptions(ResetImageAttributeResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
