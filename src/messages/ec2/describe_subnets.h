// messages/ec2/describe_subnets.h - what DescribeSubnets says and hears. Source: EC2 API Reference,
// API_DescribeSubnets.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct DescribeSubnetsRequest {
  std::vector<Filter> filter;
  std::vector<std::string> subnet_id;
  bool dry_run = false;
  std::optional<std::string> next_token;
  std::optional<std::int32_t> max_results;
};
BOOST_DESCRIBE_STRUCT(DescribeSubnetsRequest, (), (filter, subnet_id, dry_run, next_token, max_results))

struct SubnetCidrBlockState {
  std::optional<std::string> state;
  std::optional<std::string> status_message;
};
BOOST_DESCRIBE_STRUCT(SubnetCidrBlockState, (), (state, status_message))

struct SubnetIpv6CidrBlockAssociation {
  std::optional<std::string> association_id;
  std::optional<std::string> ipv6_cidr_block;
  std::optional<SubnetCidrBlockState> ipv6_cidr_block_state;
};
BOOST_DESCRIBE_STRUCT(SubnetIpv6CidrBlockAssociation, (),
                      (association_id, ipv6_cidr_block, ipv6_cidr_block_state))

struct PrivateDnsNameOptionsOnLaunch {
  std::optional<std::string> hostname_type;
  std::optional<bool> enable_resource_name_dns_a_record;
  std::optional<bool> enable_resource_name_dns_aaaa_record;
};
BOOST_DESCRIBE_STRUCT(PrivateDnsNameOptionsOnLaunch, (),
                      (hostname_type, enable_resource_name_dns_a_record,
                       enable_resource_name_dns_aaaa_record))
constexpr auto wire_name_exceptions(PrivateDnsNameOptionsOnLaunch const*) {
  return std::array{
      wire::NameException{"enable_resource_name_dns_aaaa_record", "enableResourceNameDnsAAAARecord"}};
}

struct Subnet {
  std::optional<std::string> availability_zone;
  std::optional<std::string> availability_zone_id;
  std::optional<std::int32_t> available_ip_address_count;
  std::optional<std::string> cidr_block;
  std::optional<bool> default_for_az;
  std::optional<std::int32_t> enable_lni_at_device_index;
  std::optional<bool> map_public_ip_on_launch;
  std::optional<bool> map_customer_owned_ip_on_launch;
  std::optional<std::string> customer_owned_ipv4_pool;
  std::optional<std::string> state;
  std::optional<std::string> subnet_id;
  std::optional<std::string> vpc_id;
  std::optional<std::string> owner_id;
  std::optional<bool> assign_ipv6_address_on_creation;
  std::vector<SubnetIpv6CidrBlockAssociation> ipv6_cidr_block_association_set;
  std::vector<Tag> tag_set;
  std::optional<std::string> subnet_arn;
  std::optional<std::string> outpost_arn;
  std::optional<bool> enable_dns64;
  std::optional<bool> ipv6_native;
  std::optional<PrivateDnsNameOptionsOnLaunch> private_dns_name_options_on_launch;
};
BOOST_DESCRIBE_STRUCT(Subnet, (),
                      (availability_zone, availability_zone_id, available_ip_address_count, cidr_block,
                       default_for_az, enable_lni_at_device_index, map_public_ip_on_launch,
                       map_customer_owned_ip_on_launch, customer_owned_ipv4_pool, state, subnet_id, vpc_id,
                       owner_id, assign_ipv6_address_on_creation, ipv6_cidr_block_association_set, tag_set,
                       subnet_arn, outpost_arn, enable_dns64, ipv6_native,
                       private_dns_name_options_on_launch))

struct DescribeSubnetsResponse {
  std::vector<Subnet> subnet_set;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(DescribeSubnetsResponse, (), (subnet_set, next_token))

}  // namespace argosy::messages::ec2
