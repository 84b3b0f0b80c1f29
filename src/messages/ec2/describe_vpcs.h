// messages/ec2/describe_vpcs.h - what DescribeVpcs says and hears. Source: EC2 API Reference,
// API_DescribeVpcs.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeVpcsRequest {
  std::vector<Filter> filter;
  std::vector<std::string> vpc_id;
  bool dry_run = false;
  std::optional<std::string> next_token;
  std::optional<std::int32_t> max_results;
};
BOOST_DESCRIBE_STRUCT(DescribeVpcsRequest, (), (filter, vpc_id, dry_run, next_token, max_results))

struct VpcCidrBlockState {
  std::optional<std::string> state;
  std::optional<std::string> status_message;
};
BOOST_DESCRIBE_STRUCT(VpcCidrBlockState, (), (state, status_message))

struct VpcIpv6CidrBlockAssociation {
  std::optional<std::string> association_id;
  std::optional<std::string> ipv6_cidr_block;
  std::optional<VpcCidrBlockState> ipv6_cidr_block_state;
  std::optional<std::string> network_border_group;
  std::optional<std::string> ipv6_pool;
};
BOOST_DESCRIBE_STRUCT(VpcIpv6CidrBlockAssociation, (),
                      (association_id, ipv6_cidr_block, ipv6_cidr_block_state, network_border_group,
                       ipv6_pool))

struct VpcCidrBlockAssociation {
  std::optional<std::string> association_id;
  std::optional<std::string> cidr_block;
  std::optional<VpcCidrBlockState> cidr_block_state;
};
BOOST_DESCRIBE_STRUCT(VpcCidrBlockAssociation, (), (association_id, cidr_block, cidr_block_state))

struct Vpc {
  std::optional<std::string> cidr_block;
  std::optional<std::string> dhcp_options_id;
  std::optional<std::string> state;
  std::optional<std::string> vpc_id;
  std::optional<std::string> owner_id;
  std::optional<std::string> instance_tenancy;
  std::vector<VpcIpv6CidrBlockAssociation> ipv6_cidr_block_association_set;
  std::vector<VpcCidrBlockAssociation> cidr_block_association_set;
  std::optional<bool> is_default;
  std::vector<Tag> tag_set;
};
BOOST_DESCRIBE_STRUCT(Vpc, (),
                      (cidr_block, dhcp_options_id, state, vpc_id, owner_id, instance_tenancy,
                       ipv6_cidr_block_association_set, cidr_block_association_set, is_default, tag_set))

struct DescribeVpcsResponse {
  std::vector<Vpc> vpc_set;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(DescribeVpcsResponse, (), (vpc_set, next_token))

}  // namespace argosy::messages::ec2
