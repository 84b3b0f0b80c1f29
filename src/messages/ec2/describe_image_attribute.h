// messages/ec2/describe_image_attribute.h - what DescribeImageAttribute says and hears. Source: EC2 API
// Reference, API_DescribeImageAttribute.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeImageAttributeRequest {
  std::string attribute;
  std::string image_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DescribeImageAttributeRequest, (), (attribute, image_id, dry_run))

struct DescribeImageAttributeResponse {
  std::optional<AttributeValue> description;
  std::optional<AttributeValue> kernel;
  std::optional<AttributeValue> ramdisk;
  std::optional<AttributeValue> sriov_net_support;
  std::optional<AttributeValue> boot_mode;
  std::optional<AttributeValue> tpm_support;
  std::optional<AttributeValue> uefi_data;
  std::optional<AttributeValue> last_launched_time;
  std::optional<AttributeValue> imds_support;
  std::optional<AttributeValue> deregistration_protection;
  std::optional<std::string> image_id;
  std::optional<std::vector<LaunchPermission>> launch_permission;
  std::optional<std::vector<ProductCode>> product_codes;
  std::optional<std::vector<BlockDeviceMapping>> block_device_mapping;
};
BOOST_DESCRIBE_STRUCT(DescribeImageAttributeResponse, (),
                      (description, kernel, ramdisk, sriov_net_support, boot_mode, tpm_support, uefi_data,
                       last_launched_time, imds_support, deregistration_protection, image_id,
                       launch_permission, product_codes, block_device_mapping))

}  // namespace argosy::messages::ec2
