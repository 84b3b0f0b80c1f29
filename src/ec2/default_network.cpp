// ec2/default_network.cpp - see default_network.h. Each list has one entry, so no page has a next one.
#include "ec2/default_network.h"

#include "ec2/dry_run.h"
#include "ec2/facts.h"
#include "ec2/page.h"
#include "ec2/regions.h"
#include "images/errors.h"
#include "images/ids.h"
#include "instances/default_network.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

constexpr std::int32_t kMinResults = 5;
constexpr std::int32_t kMaxResults = 1'000;
constexpr std::string_view kGroupDescription = "default VPC security group";
constexpr std::string_view kAnywhere = "0.0.0.0/0";
constexpr std::string_view kEveryProtocol = "-1";

/// Every id that was asked for must be the one that there is.
Result<void> check_only(std::vector<std::string> const& asked, std::string const& there, std::string code,
                        std::string const& what) {
  for (auto const& id : asked)
    if (id != there)
      return fail(Fault::not_found, std::move(code), "The " + what + " '" + id + "' does not exist");
  return {};
}

template <class Request>
Result<void> check_request(Request const& request) {
  TRY(page::check_limit(request.max_results, kMinResults, kMaxResults));
  if (request.next_token && !request.next_token->empty())
    return fail(Fault::invalid, "InvalidNextToken", "The NextToken does not belong to this request");
  return stop_if_dry_run(request.dry_run);
}

std::string text(std::string_view view) { return std::string(view); }

m::Vpc to_vpc(access::Caller const& caller, instances::DefaultNetwork const& network) {
  m::Vpc out;
  out.cidr_block = text(instances::kVpcCidrBlock);
  out.dhcp_options_id = network.dhcp_options_id;
  out.state = "available";
  out.vpc_id = network.vpc_id;
  out.owner_id = caller.account;
  out.instance_tenancy = "default";
  out.cidr_block_association_set.push_back(
      {network.vpc_association_id, text(instances::kVpcCidrBlock), m::VpcCidrBlockState{"associated", {}}});
  out.is_default = true;
  return out;
}

std::string subnet_arn(access::Caller const& caller, std::string const& region,
                       instances::DefaultNetwork const& network) {
  return "arn:aws:ec2:" + region + ":" + caller.account + ":subnet/" + network.subnet_id;
}

m::Subnet to_subnet(access::Caller const& caller, std::string const& region,
                    instances::DefaultNetwork const& network) {
  m::Subnet out;
  out.availability_zone = network.availability_zone;
  out.availability_zone_id = zone_id_of(region);
  out.available_ip_address_count = instances::kSubnetAddresses;
  out.cidr_block = text(instances::kSubnetCidrBlock);
  out.default_for_az = true;
  out.map_public_ip_on_launch = true;
  out.map_customer_owned_ip_on_launch = false;
  out.state = "available";
  out.subnet_id = network.subnet_id;
  out.vpc_id = network.vpc_id;
  out.owner_id = caller.account;
  out.assign_ipv6_address_on_creation = false;
  out.subnet_arn = subnet_arn(caller, region, network);
  out.enable_dns64 = false;
  out.ipv6_native = false;
  out.private_dns_name_options_on_launch = m::PrivateDnsNameOptionsOnLaunch{"ip-name", false, false};
  return out;
}

/// What EC2's default group allows: everything out, and in from the group itself.
m::SecurityGroup to_security_group(access::Caller const& caller, instances::DefaultNetwork const& network) {
  m::SecurityGroup out;
  out.group_description = text(kGroupDescription);
  out.group_name = text(instances::kSecurityGroupName);
  out.owner_id = caller.account;
  out.group_id = network.security_group_id;
  out.vpc_id = network.vpc_id;
  auto& in = out.ip_permissions.emplace_back();
  in.ip_protocol = text(kEveryProtocol);
  auto& from = in.groups.emplace_back();
  from.group_id = network.security_group_id;
  from.user_id = caller.account;
  auto& egress = out.ip_permissions_egress.emplace_back();
  egress.ip_protocol = text(kEveryProtocol);
  egress.ip_ranges.push_back({text(kAnywhere), std::nullopt});
  return out;
}

/// Source of the names: API_DescribeVpcs; those in camel case are older names of the same.
Facts facts_of_vpc(access::Caller const& caller, instances::DefaultNetwork const& network) {
  auto const cidr = text(instances::kVpcCidrBlock);
  return {{"cidr", {cidr}},
          {"cidr-block-association.cidr-block", {cidr}},
          {"cidr-block-association.association-id", {network.vpc_association_id}},
          {"cidr-block-association.state", {"associated"}},
          {"dhcp-options-id", {network.dhcp_options_id}},
          {"dhcpOptionsId", {network.dhcp_options_id}},
          {"ipv6-cidr-block-association.association-id", {}},
          {"ipv6-cidr-block-association.ipv6-cidr-block", {}},
          {"ipv6-cidr-block-association.ipv6-pool", {}},
          {"ipv6-cidr-block-association.state", {}},
          {"is-default", {"true"}},
          {"isDefault", {"true"}},
          {"owner-id", {caller.account}},
          {"state", {"available"}},
          {"tag-key", {}},
          {"vpc-id", {network.vpc_id}}};
}

/// Source of the names: API_DescribeSubnets.
Facts facts_of_subnet(access::Caller const& caller, std::string const& region,
                      instances::DefaultNetwork const& network) {
  auto const cidr = text(instances::kSubnetCidrBlock);
  return {{"availability-zone", {network.availability_zone}},
          {"availabilityZone", {network.availability_zone}},
          {"availability-zone-id", {zone_id_of(region)}},
          {"availabilityZoneId", {zone_id_of(region)}},
          {"available-ip-address-count", {std::to_string(instances::kSubnetAddresses)}},
          {"cidr-block", {cidr}},
          {"cidr", {cidr}},
          {"cidrBlock", {cidr}},
          {"customer-owned-ipv4-pool", {}},
          {"default-for-az", {"true"}},
          {"defaultForAz", {"true"}},
          {"enable-dns64", {"false"}},
          {"ipv6-cidr-block-association.association-id", {}},
          {"ipv6-cidr-block-association.ipv6-cidr-block", {}},
          {"ipv6-cidr-block-association.state", {}},
          {"ipv6-native", {"false"}},
          {"map-customer-owned-ip-on-launch", {"false"}},
          {"map-public-ip-on-launch", {"true"}},
          {"outpost-arn", {}},
          {"owner-id", {caller.account}},
          {"private-dns-name-options-on-launch.hostname-type", {"ip-name"}},
          {"state", {"available"}},
          {"subnet-arn", {subnet_arn(caller, region, network)}},
          {"subnet-id", {network.subnet_id}},
          {"tag-key", {}},
          {"vpc-id", {network.vpc_id}}};
}

/// Source of the names: API_DescribeSecurityGroups.
Facts facts_of_group(access::Caller const& caller, instances::DefaultNetwork const& network) {
  Facts out{{"description", {text(kGroupDescription)}},
            {"group-id", {network.security_group_id}},
            {"group-name", {text(instances::kSecurityGroupName)}},
            {"owner-id", {caller.account}},
            {"tag-key", {}},
            {"vpc-id", {network.vpc_id}}};
  for (auto const* direction : {"ip-permission.", "egress.ip-permission."})
    for (auto const* part : {"cidr", "from-port", "group-id", "group-name", "ipv6-cidr", "prefix-list-id",
                             "protocol", "to-port", "user-id"})
      out[std::string(direction) + part] = {};
  out["ip-permission.protocol"] = {text(kEveryProtocol)};
  out["ip-permission.group-id"] = {network.security_group_id};
  out["ip-permission.user-id"] = {caller.account};
  out["egress.ip-permission.protocol"] = {text(kEveryProtocol)};
  out["egress.ip-permission.cidr"] = {text(kAnywhere)};
  return out;
}

}  // namespace

Result<m::DescribeVpcsResponse> describe_vpcs(access::Caller const& caller, std::string const& region,
                                              m::DescribeVpcsRequest const& request) {
  TRY(check_request(request));
  auto const network = instances::default_network(caller.account, region);
  TRY(check_only(request.vpc_id, network.vpc_id, "InvalidVpcID.NotFound", "vpc ID"));
  bool const wanted = TRY(holds(request.filter, facts_of_vpc(caller, network)));
  m::DescribeVpcsResponse response;
  if (wanted) response.vpc_set.push_back(to_vpc(caller, network));
  return response;
}

Result<m::DescribeSubnetsResponse> describe_subnets(access::Caller const& caller, std::string const& region,
                                                    m::DescribeSubnetsRequest const& request) {
  TRY(check_request(request));
  auto const network = instances::default_network(caller.account, region);
  TRY(check_only(request.subnet_id, network.subnet_id, "InvalidSubnetID.NotFound", "subnet ID"));
  bool const wanted = TRY(holds(request.filter, facts_of_subnet(caller, region, network)));
  m::DescribeSubnetsResponse response;
  if (wanted) response.subnet_set.push_back(to_subnet(caller, region, network));
  return response;
}

Result<m::DescribeSecurityGroupsResponse> describe_security_groups(
    access::Caller const& caller, std::string const& region,
    m::DescribeSecurityGroupsRequest const& request) {
  for (auto const& id : request.group_id)
    if (!images::has_id_form(id, "sg-"))
      return fail(Fault::invalid, "InvalidGroupId.Malformed",
                  "Invalid id: \"" + id + "\" (expecting \"sg-...\")");
  TRY(check_request(request));
  auto const network = instances::default_network(caller.account, region);
  TRY(check_only(request.group_id, network.security_group_id, "InvalidGroup.NotFound", "security group"));
  TRY(check_only(request.group_name, text(instances::kSecurityGroupName), "InvalidGroup.NotFound",
                 "security group"));
  bool const wanted = TRY(holds(request.filter, facts_of_group(caller, network)));
  m::DescribeSecurityGroupsResponse response;
  if (wanted) response.security_group_info.push_back(to_security_group(caller, network));
  return response;
}

}  // namespace argosy::ec2
