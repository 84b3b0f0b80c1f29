// messages/ec2/describe_security_groups.h - what DescribeSecurityGroups says and hears. Source: EC2 API
// Reference, API_DescribeSecurityGroups.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeSecurityGroupsRequest {
  std::vector<Filter> filter;
  std::vector<std::string> group_id;
  std::vector<std::string> group_name;
  bool dry_run = false;
  std::optional<std::string> next_token;
  std::optional<std::int32_t> max_results;
};
BOOST_DESCRIBE_STRUCT(DescribeSecurityGroupsRequest, (),
                      (filter, group_id, group_name, dry_run, next_token, max_results))

struct IpRange {
  std::optional<std::string> cidr_ip;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(IpRange, (), (cidr_ip, description))

struct Ipv6Range {
  std::optional<std::string> cidr_ipv6;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(Ipv6Range, (), (cidr_ipv6, description))

struct PrefixListId {
  std::optional<std::string> description;
  std::optional<std::string> prefix_list_id;
};
BOOST_DESCRIBE_STRUCT(PrefixListId, (), (description, prefix_list_id))

struct UserIdGroupPair {
  std::optional<std::string> description;
  std::optional<std::string> group_id;
  std::optional<std::string> group_name;
  std::optional<std::string> peering_status;
  std::optional<std::string> user_id;
  std::optional<std::string> vpc_id;
  std::optional<std::string> vpc_peering_connection_id;
};
BOOST_DESCRIBE_STRUCT(UserIdGroupPair, (),
                      (description, group_id, group_name, peering_status, user_id, vpc_id,
                       vpc_peering_connection_id))

struct IpPermission {
  std::optional<std::int32_t> from_port;
  std::optional<std::string> ip_protocol;
  std::vector<IpRange> ip_ranges;
  std::vector<Ipv6Range> ipv6_ranges;
  std::vector<PrefixListId> prefix_list_ids;
  std::optional<std::int32_t> to_port;
  std::vector<UserIdGroupPair> groups;
};
BOOST_DESCRIBE_STRUCT(IpPermission, (),
                      (from_port, ip_protocol, ip_ranges, ipv6_ranges, prefix_list_ids, to_port, groups))

struct SecurityGroup {
  std::optional<std::string> group_description;
  std::optional<std::string> group_name;
  std::vector<IpPermission> ip_permissions;
  std::optional<std::string> owner_id;
  std::optional<std::string> group_id;
  std::vector<IpPermission> ip_permissions_egress;
  std::vector<Tag> tag_set;
  std::optional<std::string> vpc_id;
};
BOOST_DESCRIBE_STRUCT(SecurityGroup, (),
                      (group_description, group_name, ip_permissions, owner_id, group_id,
                       ip_permissions_egress, tag_set, vpc_id))

struct DescribeSecurityGroupsResponse {
  std::vector<SecurityGroup> security_group_info;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(DescribeSecurityGroupsResponse, (), (security_group_info, next_token))

}  // namespace argosy::messages::ec2
