// messages/ec2/register_image.h - what RegisterImage says and hears. Source: EC2 API Reference,
// API_RegisterImage.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct RegisterImageRequest {
  std::optional<std::string> image_location;
  std::vector<std::string> billing_product;
  std::optional<std::string> boot_mode;
  std::optional<std::string> tpm_support;
  std::optional<std::string> uefi_data;
  std::optional<std::string> imds_support;
  std::vector<TagSpecification> tag_specification;
  bool dry_run = false;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> architecture;
  std::optional<std::string> kernel_id;
  std::optional<std::string> ramdisk_id;
  std::optional<std::string> root_device_name;
  std::vector<BlockDeviceMapping> block_device_mapping;
  std::optional<std::string> virtualization_type;
  std::optional<std::string> sriov_net_support;
  std::optional<bool> ena_support;
};
BOOST_DESCRIBE_STRUCT(RegisterImageRequest, (),
                      (image_location, billing_product, boot_mode, tpm_support, uefi_data, imds_support,
                       tag_specification, dry_run, name, description, architecture, kernel_id, ramdisk_id,
                       root_device_name, block_device_mapping, virtualization_type, sriov_net_support,
                       ena_support))

struct RegisterImageResponse {
  std::optional<std::string> image_id;
};
BOOST_DESCRIBE_STRUCT(RegisterImageResponse, (), (image_id))

}  // namespace argosy::messages::ec2
