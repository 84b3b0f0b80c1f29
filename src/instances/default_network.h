// instances/default_network.h - the one network that an account has in a region: a VPC, a subnet and a
// security group that are always there. Source: VPC User Guide, "Default VPCs".
#pragma once
#include <string>
#include <string_view>

namespace argosy::instances {

inline constexpr std::string_view kVpcCidrBlock = "172.31.0.0/16";
inline constexpr std::string_view kSubnetCidrBlock = "172.31.0.0/20";
/// Of a /20 without the five addresses that EC2 keeps.
inline constexpr int kSubnetAddresses = 4'091;
inline constexpr std::string_view kSecurityGroupName = "default";

/// Nothing of it is stored: the ids follow from account and region.
struct DefaultNetwork {
  std::string vpc_id;              ///< vpc-0 and 16 hexadecimal digits
  std::string subnet_id;           ///< subnet-0…
  std::string security_group_id;   ///< sg-0…
  std::string dhcp_options_id;     ///< dopt-0…
  std::string vpc_association_id;  ///< vpc-cidr-assoc-0…
  std::string availability_zone;   ///< the region's only one: its name and "a"
};
DefaultNetwork default_network(std::string_view account, std::string_view region);

}  // namespace argosy::instances
