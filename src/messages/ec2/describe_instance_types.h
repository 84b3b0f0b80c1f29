// messages/ec2/describe_instance_types.h - what DescribeInstanceTypes says and hears. Source: EC2 API
// Reference, API_DescribeInstanceTypes.
#pragma once
#include "messages/ec2/instance_type_info.h"

namespace argosy::messages::ec2 {

struct DescribeInstanceTypesRequest {
  bool dry_run = false;
  std::vector<std::string> instance_type;
  std::vector<Filter> filter;
  std::optional<std::int32_t> max_results;
  std::optional<std::string> next_token;
  std::optional<bool> include_unsupported_in_region;
};
BOOST_DESCRIBE_STRUCT(DescribeInstanceTypesRequest, (),
                      (dry_run, instance_type, filter, max_results, next_token,
                       include_unsupported_in_region))

struct DescribeInstanceTypesResponse {
  std::vector<InstanceTypeInfo> instance_type_set;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(DescribeInstanceTypesResponse, (), (instance_type_set, next_token))

}  // namespace argosy::messages::ec2
