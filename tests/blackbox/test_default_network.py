"""DescribeVpcs, DescribeSubnets, DescribeSecurityGroups: one of each, for each account and region."""
import re

import pytest

from argosyd import refused

LISTS = {"vpcs": "Vpcs", "subnets": "Subnets", "security_groups": "SecurityGroups"}


def describe(account, noun, region="us-east-1", **given):
    return getattr(account.ec2(region), f"describe_{noun}")(**given)[LISTS[noun]]


def only(account, noun, region="us-east-1"):
    found = describe(account, noun, region)
    assert len(found) == 1
    return found[0]


def test_an_account_has_a_default_network(client, owner):
    (vpc,) = client.call(owner, "ec2", "DescribeVpcs")["Vpcs"]
    (subnet,) = client.call(owner, "ec2", "DescribeSubnets")["Subnets"]
    (group,) = client.call(owner, "ec2", "DescribeSecurityGroups")["SecurityGroups"]
    assert re.fullmatch("vpc-[0-9a-f]{17}", vpc["VpcId"])
    assert re.fullmatch("subnet-[0-9a-f]{17}", subnet["SubnetId"])
    assert re.fullmatch("sg-[0-9a-f]{17}", group["GroupId"])
    assert vpc["IsDefault"] is True and vpc["State"] == "available" and vpc["CidrBlock"] == "172.31.0.0/16"
    assert subnet["DefaultForAz"] is True and subnet["State"] == "available"
    assert subnet["AvailabilityZone"] == "us-east-1a" and subnet["CidrBlock"] == "172.31.0.0/20"
    assert subnet["AvailableIpAddressCount"] == 4091
    assert group["GroupName"] == "default" and group["IpPermissionsEgress"]
    assert subnet["VpcId"] == group["VpcId"] == vpc["VpcId"]
    assert {thing["OwnerId"] for thing in (vpc, subnet, group)} == {owner.id}


def test_the_zone_is_the_regions_own(owner):
    (zone,) = owner.ec2("us-west-2").describe_availability_zones()["AvailabilityZones"]
    subnet = only(owner, "subnets", "us-west-2")
    assert (subnet["AvailabilityZone"], subnet["AvailabilityZoneId"]) == (zone["ZoneName"], zone["ZoneId"])


def test_the_network_stays_the_same_and_is_another_for_each_account_and_region(owner, recipient):
    assert only(owner, "vpcs") == only(owner, "vpcs")
    others = [only(owner, "vpcs"), only(owner, "vpcs", "us-west-2"), only(recipient, "vpcs")]
    assert len({vpc["VpcId"] for vpc in others}) == 3


@pytest.mark.parametrize(
    "noun, name, yes, no",
    [
        ("vpcs", "isDefault", "true", "false"),
        ("vpcs", "is-default", "true", "false"),
        ("vpcs", "state", "available", "pending"),
        ("vpcs", "cidr", "172.31.*", "10.*"),
        ("vpcs", "tag:Name", None, "anything"),
        ("vpcs", "tag-key", None, "Name"),
        ("subnets", "default-for-az", "true", "false"),
        ("subnets", "defaultForAz", "true", "false"),
        ("subnets", "availability-zone", "us-east-1a", "us-east-1b"),
        ("subnets", "availabilityZone", "us-east-1a", "us-east-1b"),
        ("subnets", "state", "available", "pending"),
        ("subnets", "vpc-id", "vpc-*", "vpc-0"),
        ("security_groups", "group-name", "default", "other"),
        ("security_groups", "vpc-id", "vpc-*", "vpc-0"),
        ("security_groups", "ip-permission.protocol", "-1", "tcp"),
        ("security_groups", "egress.ip-permission.cidr", "0.0.0.0/0", "10.0.0.0/8"),
        ("security_groups", "ip-permission.from-port", None, "22"),
    ],
)
def test_a_filter_keeps_what_matches(owner, noun, name, yes, no):
    if yes:
        assert len(describe(owner, noun, Filters=[{"Name": name, "Values": [no, yes]}])) == 1
    assert describe(owner, noun, Filters=[{"Name": name, "Values": [no]}]) == []


@pytest.mark.parametrize(
    "noun, parameter, member, code",
    [
        ("vpcs", "VpcIds", "VpcId", "InvalidVpcID.NotFound"),
        ("subnets", "SubnetIds", "SubnetId", "InvalidSubnetID.NotFound"),
        ("security_groups", "GroupIds", "GroupId", "InvalidGroup.NotFound"),
        ("security_groups", "GroupNames", "GroupName", "InvalidGroup.NotFound"),
    ],
)
def test_what_is_asked_for_must_be_there(owner, recipient, noun, parameter, member, code):
    mine = only(owner, noun)
    assert describe(owner, noun, **{parameter: [mine[member]]}) == [mine]
    other = only(recipient, noun)[member] if member != "GroupName" else "other"
    with refused(code):
        describe(owner, noun, **{parameter: [mine[member], other]})


@pytest.mark.parametrize("noun", LISTS)
def test_what_is_no_filter_page_or_id_is_refused(owner, noun):
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        describe(owner, noun, Filters=[{"Name": "colour", "Values": ["red"]}])
    with refused("InvalidParameterValue"):
        describe(owner, noun, MaxResults=1001)
    with refused("InvalidNextToken"):
        describe(owner, noun, MaxResults=5, NextToken="nonsense")
    with refused("DryRunOperation"):
        describe(owner, noun, DryRun=True)
    with refused("InvalidGroupId.Malformed"):
        describe(owner, "security_groups", GroupIds=["nonsense"])
