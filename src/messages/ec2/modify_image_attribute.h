// messages/ec2/modify_image_attribute.h - what ModifyImageAttribute says and hears. Source: EC2 API
// Reference, API_ModifyImageAttribute.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct ModifyImageAttributeRequest {
  std::optional<std::string> attribute;
  std::optional<AttributeValue> description;
  std::string image_id;
  std::optional<LaunchPermissionModifications> launch_permission;
  std::optional<std::string> operation_type;
  std::vector<std::string> product_code;
  std::vector<std::string> user_group;
  std::vector<std::string> user_id;
  std::optional<std::string> value;
  std::vector<std::string> organization_arn;
  std::vector<std::string> organizational_unit_arn;
  std::optional<AttributeValue> imds_support;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ModifyImageAttributeRequest, (),
                      (attribute, description, image_id, launch_permission, operation_type, product_code,
                       user_group, user_id, value, organization_arn, organizational_unit_arn, imds_support,
                       dry_run))

struct ModifyImageAttributeResponse {
  bool result = true;
};
BOOST_DESCRIBE_STRUCT(ModifyImageAttributeResponse, (), (result))
constexpr auto wire_name_exceptions(ModifyImageAttributeResponse const*) {
  return std::array{wire::NameException{"result", "return"}};
}

}  // namespace argosy::messages::ec2
